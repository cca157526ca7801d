package org.peft4j.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Memory;

/**
 * The file of a checkpoint with what training needs to go on: vectors, and as metadata everything
 * else.
 *
 * @param position how far training was
 * @param notes of whoever watched it
 * @param identity what a training that goes on must agree on, by what it is called
 */
record SavedState(
    Trainer.Position position, Map<String, String> notes, Map<String, String> identity) {

  static final String FILE_NAME = "trainer_state.safetensors";

  private static final String FORMAT = "format";
  private static final String OURS = "peft4j trainer 1";
  private static final String NOTE = "note ";
  private static final String IDENTITY = "must agree: ";
  private static final int SHOWN = 10;

  void write(Path checkpoint, Map<String, Buffer> state) throws IOException {
    Map<String, String> metadata = new TreeMap<>();
    metadata.put(FORMAT, OURS);
    metadata.put("step", Integer.toString(position.step()));
    metadata.put("updates", Long.toString(position.updates()));
    metadata.put("batches", Long.toString(position.batches()));
    notes.forEach((name, value) -> metadata.put(NOTE + name, value));
    identity.forEach((name, value) -> metadata.put(IDENTITY + name, value));
    Safetensors.write(checkpoint.resolve(FILE_NAME), state, metadata);
  }

  static SavedState read(Path checkpoint) throws IOException {
    Path file = checkpoint.resolve(FILE_NAME);
    try (Safetensors saved = Safetensors.open(file)) {
      Map<String, String> metadata = saved.metadata();
      if (!OURS.equals(metadata.get(FORMAT))) {
        throw new AdapterFormatException(file, "holds no state of a training");
      }
      return new SavedState(
          new Trainer.Position(
              Integer.parseInt(metadata.getOrDefault("step", "")),
              Long.parseLong(metadata.getOrDefault("updates", "")),
              Long.parseLong(metadata.getOrDefault("batches", ""))),
          startingWith(NOTE, metadata),
          startingWith(IDENTITY, metadata));
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
    if (!differences.isEmpty()) {
      int more = differences.size() - SHOWN;
      throw new IllegalArgumentException(
          checkpoint
              + " is of another training:\n  "
              + String.join("\n  ", differences.subList(0, Math.min(SHOWN, differences.size())))
              + (more > 0 ? "\n  and %d more differences".formatted(more) : ""));
    }
  }

  /** Reads the vectors into those of a training; one that the file lacks keeps what it holds. */
  void restore(Path checkpoint, Map<String, Buffer> state) throws IOException {
    Path file = checkpoint.resolve(FILE_NAME);
    try (Safetensors saved = Safetensors.open(file)) {
      for (Map.Entry<String, Buffer> entry : state.entrySet()) {
        if (saved.contains(entry.getKey())) {
          put(saved.read(entry.getKey(), entry.getValue().type()), entry, file);
        }
      }
    }
  }

  private static void put(Buffer saved, Map.Entry<String, Buffer> into, Path file)
      throws IOException {
    if (saved.length() != into.getValue().length()) {
      throw new AdapterFormatException(
          file,
          "%s holds %d numbers but %d are needed"
              .formatted(into.getKey(), saved.length(), into.getValue().length()));
    }
    Memory memory = saved.memory();
    into.getValue().put(saved.toDoubles());
    memory.close();
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
}
