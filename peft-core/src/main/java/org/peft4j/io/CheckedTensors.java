package org.peft4j.io;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.peft4j.kernel.Buffer;

/**
 * Tensors and texts of our own in a safetensors file that tells whether it is as it was written:
 * with a checksum of each tensor, and one of all texts.
 *
 * @param texts by name
 * @param tensors by name, in the types they were written in
 */
public record CheckedTensors(Map<String, String> texts, Map<String, Buffer> tensors)
    implements AutoCloseable {

  private static final String FORMAT = "format";
  private static final String CHECKSUM = "checksum";
  private static final String OF = CHECKSUM + " of ";

  /**
   * Writes the file; it appears whole or not at all.
   *
   * @param format tells such files from others, such as {@code "peft4j statistics 2"}
   */
  public void write(Path file, String format) throws IOException {
    Map<String, String> metadata = new TreeMap<>(texts);
    metadata.put(FORMAT, format);
    tensors.forEach((name, tensor) -> metadata.put(OF + name, Checksum.of(tensor)));
    metadata.put(CHECKSUM, Checksum.of(metadata));
    Safetensors.write(file, tensors, metadata);
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @param refusals what is wrong with a file of another format, by that, and under "" with any
   * @throws AdapterFormatException if it is of another format, or anything in it has changed
   */
  public static CheckedTensors read(Path file, String format, Map<String, String> refusals)
      throws IOException {
    Map<String, Buffer> tensors = new LinkedHashMap<>();
    try (Safetensors saved = Safetensors.open(file)) {
      Map<String, String> texts = new TreeMap<>(saved.metadata());
      String there = texts.getOrDefault(FORMAT, "");
      if (!there.equals(format)) {
        throw new AdapterFormatException(
            file, refusals.getOrDefault(there, refusals.getOrDefault("", "is something else")));
      }
      String checksum = texts.remove(CHECKSUM);
      if (!Checksum.of(texts).equals(checksum)) {
        throw new AdapterFormatException(
            file, "is damaged: its metadata do not fit their checksum");
      }
      for (String name : saved.names()) {
        tensors.put(name, saved.read(name, saved.info(name).type()));
      }
      requireWhole(file, tensors, checksums(texts));
      texts.remove(FORMAT);
      return new CheckedTensors(texts, tensors);
    } catch (IOException | RuntimeException e) {
      close(tensors);
      throw e;
    }
  }

  /** Takes them out of {@code texts}. */
  private static Map<String, String> checksums(Map<String, String> texts) {
    Map<String, String> checksums = new LinkedHashMap<>();
    texts.forEach(
        (name, text) -> {
          if (name.startsWith(OF)) {
            checksums.put(name.substring(OF.length()), text);
          }
        });
    texts.keySet().removeIf(name -> name.startsWith(OF));
    return checksums;
  }

  private static void requireWhole(
      Path file, Map<String, Buffer> tensors, Map<String, String> checksums)
      throws AdapterFormatException {
    List<String> problems = new ArrayList<>();
    TreeSet<String> names = new TreeSet<>(tensors.keySet());
    names.addAll(checksums.keySet());
    for (String name : names) {
      if (!tensors.containsKey(name)) {
        problems.add("is damaged: " + name + " is missing");
      } else if (!checksums.containsKey(name)) {
        problems.add("is damaged: " + name + " was not written there");
      } else if (!checksums.get(name).equals(Checksum.of(tensors.get(name)))) {
        problems.add("is damaged: " + name + " does not fit its checksum");
      }
    }
    if (!problems.isEmpty()) {
      throw new AdapterFormatException(file, problems);
    }
  }

  /** The texts whose names begin so, by the rest of them. */
  public Map<String, String> textsAfter(String prefix) {
    Map<String, String> found = new LinkedHashMap<>();
    texts.forEach(
        (name, text) -> {
          if (name.startsWith(prefix)) {
            found.put(name.substring(prefix.length()), text);
          }
        });
    return Collections.unmodifiableMap(found);
  }

  /** Frees the tensors. */
  @Override
  public void close() {
    close(tensors);
  }

  private static void close(Map<String, Buffer> tensors) {
    tensors.values().forEach(tensor -> tensor.memory().close());
  }
}
