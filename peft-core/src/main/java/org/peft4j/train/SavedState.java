package org.peft4j.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.io.Checksum;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.Buffer;

/**
 * The file of a checkpoint with what training needs to go on: vectors, and as metadata everything
 * else, with a checksum of each vector and one of the metadata.
 *
 * @param position how far training was
 * @param notes of whoever watched it
 * @param identity what a training that goes on must agree on, by what it is called
 * @param vectors by name
 */
record SavedState(
    Trainer.Position position,
    Map<String, String> notes,
    Map<String, String> identity,
    Map<String, Buffer> vectors)
    implements AutoCloseable {

  static final String FILE_NAME = "trainer_state.safetensors";

  private static final String FORMAT = "format";
  private static final String OURS = "peft4j trainer 2";
  private static final String WITHOUT_CHECKSUMS = "peft4j trainer 1";
  private static final String NOTE = "note ";
  private static final String IDENTITY = "must agree: ";
  private static final String CHECKSUM = "checksum";
  private static final String OF = CHECKSUM + " of ";
  private static final int SHOWN = 10;

  /** Whether that folder holds such a file, and so is a checkpoint of ours. */
  static boolean isIn(Path checkpoint) {
    return Files.isRegularFile(checkpoint.resolve(FILE_NAME));
  }

  void write(Path checkpoint) throws IOException {
    Map<String, String> metadata = new TreeMap<>();
    metadata.put(FORMAT, OURS);
    metadata.put("step", Integer.toString(position.step()));
    metadata.put("updates", Long.toString(position.updates()));
    metadata.put("batches", Long.toString(position.batches()));
    notes.forEach((name, value) -> metadata.put(NOTE + name, value));
    identity.forEach((name, value) -> metadata.put(IDENTITY + name, value));
    vectors.forEach((name, vector) -> metadata.put(OF + name, Checksum.of(vector)));
    metadata.put(CHECKSUM, Checksum.of(metadata));
    Safetensors.write(checkpoint.resolve(FILE_NAME), vectors, metadata);
  }

  /**
   * @throws AdapterFormatException if anything in the file is not as it was written
   */
  static SavedState read(Path checkpoint) throws IOException {
    Path file = checkpoint.resolve(FILE_NAME);
    Map<String, Buffer> vectors = new LinkedHashMap<>();
    try (Safetensors saved = Safetensors.open(file)) {
      Map<String, String> metadata = new TreeMap<>(saved.metadata());
      requireWhole(file, metadata);
      Trainer.Position position = position(file, metadata);
      if (position.step() != CheckpointFolder.step(checkpoint)) {
        throw new AdapterFormatException(
            file, "is of step " + position.step() + ", which is not that of its folder's name");
      }
      for (String name : saved.names()) {
        vectors.put(name, saved.read(name, saved.info(name).type()));
      }
      requireWhole(file, vectors, startingWith(OF, metadata));
      return new SavedState(
          position, startingWith(NOTE, metadata), startingWith(IDENTITY, metadata), vectors);
    } catch (IOException | RuntimeException e) {
      close(vectors);
      throw e;
    }
  }

  private static void requireWhole(Path file, Map<String, String> metadata)
      throws AdapterFormatException {
    String format = metadata.get(FORMAT);
    if (WITHOUT_CHECKSUMS.equals(format)) {
      throw new AdapterFormatException(
          file,
          "was written by an earlier version, without checksums; begin anew, or go on with that"
              + " version");
    }
    if (!OURS.equals(format)) {
      throw new AdapterFormatException(file, "holds no state of a training");
    }
    String checksum = metadata.remove(CHECKSUM);
    if (!Checksum.of(metadata).equals(checksum)) {
      throw new AdapterFormatException(file, "is damaged: its metadata do not fit their checksum");
    }
  }

  private static void requireWhole(
      Path file, Map<String, Buffer> vectors, Map<String, String> checksums)
      throws AdapterFormatException {
    List<String> problems = new ArrayList<>();
    TreeSet<String> names = new TreeSet<>(vectors.keySet());
    names.addAll(checksums.keySet());
    for (String name : names) {
      if (!vectors.containsKey(name)) {
        problems.add("is damaged: " + name + " is missing");
      } else if (!checksums.containsKey(name)) {
        problems.add("is damaged: " + name + " was not written there");
      } else if (!checksums.get(name).equals(Checksum.of(vectors.get(name)))) {
        problems.add("is damaged: " + name + " does not fit its checksum");
      }
    }
    if (!problems.isEmpty()) {
      throw new AdapterFormatException(file, problems);
    }
  }

  private static Trainer.Position position(Path file, Map<String, String> metadata)
      throws AdapterFormatException {
    try {
      return new Trainer.Position(
          Integer.parseInt(metadata.getOrDefault("step", "")),
          Long.parseLong(metadata.getOrDefault("updates", "")),
          Long.parseLong(metadata.getOrDefault("batches", "")));
    } catch (NumberFormatException e) {
      throw new AdapterFormatException(file, "does not tell how far the training was");
    }
  }

  /**
   * @throws IllegalArgumentException if the training that wants to go on differs, naming how
   */
  void requireSame(Path checkpoint, Map<String, String> here) {
    List<String> differences = new ArrayList<>();
    TreeSet<String> names = new TreeSet<>(identity.keySet());
    names.addAll(here.keySet());
    for (String name : names) {
      String there = identity.getOrDefault(name, "nothing");
      String own = here.getOrDefault(name, "nothing");
      if (!there.equals(own)) {
        differences.add("%s: %s there, %s here".formatted(name, there, own));
      }
    }
    requireNone(checkpoint, differences);
  }

  private static void requireNone(Path checkpoint, List<String> differences) {
    if (!differences.isEmpty()) {
      int more = differences.size() - SHOWN;
      throw new IllegalArgumentException(
          checkpoint
              + " is of another training:\n  "
              + String.join("\n  ", differences.subList(0, Math.min(SHOWN, differences.size())))
              + (more > 0 ? "\n  and %d more differences".formatted(more) : ""));
    }
  }

  /**
   * Puts the vectors into those of a training.
   *
   * @param state all of them are needed
   * @param dispensable what the file may hold without its being needed, and what may be needed
   *     without the file's holding it
   * @throws IllegalArgumentException if others are missing, too many or of another length
   */
  void restore(Path checkpoint, Map<String, Buffer> state, String dispensable) {
    List<String> differences = new ArrayList<>();
    TreeSet<String> names = new TreeSet<>(vectors.keySet());
    names.addAll(state.keySet());
    names.remove(dispensable);
    for (String name : names) {
      String there = vectors.containsKey(name) ? length(vectors.get(name)) : "nothing";
      String own = state.containsKey(name) ? length(state.get(name)) : "nothing";
      if (!there.equals(own)) {
        differences.add("%s: %s there, %s here".formatted(name, there, own));
      }
    }
    requireNone(checkpoint, differences);
    state.forEach(
        (name, buffer) -> {
          if (vectors.containsKey(name)) {
            buffer.put(vectors.get(name).toDoubles());
          }
        });
  }

  private static String length(Buffer buffer) {
    return buffer.length() + " numbers";
  }

  private static Map<String, String> startingWith(String prefix, Map<String, String> metadata) {
    Map<String, String> found = new LinkedHashMap<>();
    metadata.forEach(
        (key, value) -> {
          if (key.startsWith(prefix)) {
            found.put(key.substring(prefix.length()), value);
          }
        });
    return found;
  }

  @Override
  public void close() {
    close(vectors);
  }

  private static void close(Map<String, Buffer> vectors) {
    vectors.values().forEach(vector -> vector.memory().close());
  }
}
