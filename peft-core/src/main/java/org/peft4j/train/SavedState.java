package org.peft4j.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.io.CheckedTensors;
import org.peft4j.kernel.Buffer;

/**
 * The file of a checkpoint with what training needs to go on: vectors, and as texts everything
 * else.
 *
 * @param position how far training was
 * @param notes of whoever watched it
 * @param identity what a training that goes on must agree on, by what it is called
 * @param vectors by name
 */
record SavedState(
    Position position,
    Map<String, String> notes,
    Map<String, String> identity,
    Map<String, Buffer> vectors)
    implements AutoCloseable {

  static final String FILE_NAME = "trainer_state.safetensors";

  private static final String OURS = "peft4j trainer 2";
  private static final Map<String, String> OTHERS =
      Map.of(
          "peft4j trainer 1",
          "was written by an earlier version, without checksums; begin anew, or go on with that"
              + " version",
          "",
          "holds no state of a training");
  private static final String NOTE = "note ";
  private static final String IDENTITY = "must agree: ";
  private static final String STEP = "step";
  private static final String UPDATES = "updates";
  private static final String BATCHES = "batches";
  private static final int SHOWN = 10;

  /** Whether that folder holds such a file, and so is a checkpoint of ours. */
  static boolean isIn(Path checkpoint) {
    return Files.isRegularFile(checkpoint.resolve(FILE_NAME));
  }

  void write(Path checkpoint) throws IOException {
    Map<String, String> texts = new TreeMap<>();
    texts.put(STEP, Integer.toString(position.step()));
    texts.put(UPDATES, Long.toString(position.updates()));
    texts.put(BATCHES, Long.toString(position.batches()));
    notes.forEach((name, value) -> texts.put(NOTE + name, value));
    identity.forEach((name, value) -> texts.put(IDENTITY + name, value));
    new CheckedTensors(texts, vectors).write(checkpoint.resolve(FILE_NAME), OURS);
  }

  /**
   * @throws AdapterFormatException if anything in the file is not as it was written
   */
  static SavedState read(Path checkpoint) throws IOException {
    Path file = checkpoint.resolve(FILE_NAME);
    CheckedTensors saved = CheckedTensors.read(file, OURS, OTHERS);
    SavedState state =
        new SavedState(
            position(file, saved.texts()),
            saved.textsAfter(NOTE),
            saved.textsAfter(IDENTITY),
            saved.tensors());
    if (state.position().step() != CheckpointFolder.step(checkpoint)) {
      state.close();
      throw new AdapterFormatException(
          file,
          "is of step %d, which is not that of its folder's name"
              .formatted(state.position().step()));
    }
    return state;
  }

  private static Position position(Path file, Map<String, String> texts)
      throws AdapterFormatException {
    try {
      return new Position(
          Integer.parseInt(texts.getOrDefault(STEP, "")),
          Long.parseLong(texts.getOrDefault(UPDATES, "")),
          Long.parseLong(texts.getOrDefault(BATCHES, "")));
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
            buffer.put(vectors.get(name));
          }
        });
  }

  private static String length(Buffer buffer) {
    return buffer.length() + " numbers";
  }

  @Override
  public void close() {
    vectors.values().forEach(vector -> vector.memory().close());
  }
}
