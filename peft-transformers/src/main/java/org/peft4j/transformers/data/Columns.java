package org.peft4j.transformers.data;

import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * Which keys of a row hold what the formats call by other names: {@code prompt} to {@code
 * question}, for one.
 *
 * @param names the key in the file, by the name in the format
 */
public record Columns(Map<String, String> names) {

  /** Keys go by the names of the formats. */
  public static final Columns AS_NAMED = new Columns(Map.of());

  public Columns {
    names = Map.copyOf(names);
  }

  /**
   * Reads {@code prompt=question,completion=answer}.
   *
   * @throws IllegalArgumentException if it is written otherwise
   */
  public static Columns parse(String text) {
    Map<String, String> names = new TreeMap<>();
    for (String pair : text.split(",", -1)) {
      String[] parts = pair.split("=", -1);
      if (parts.length != 2 || parts[0].isBlank() || parts[1].isBlank()) {
        throw new IllegalArgumentException(
            "columns must be written like prompt=question,completion=answer but were " + text);
      }
      names.put(parts[0].strip(), parts[1].strip());
    }
    return new Columns(names);
  }

  /** The key in the file of what the format calls {@code name}. */
  String key(String name) {
    return Objects.requireNonNullElse(names.get(name), name);
  }
}
