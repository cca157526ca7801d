package org.peft4j.transformers.checkpoint;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How tensors of a checkpoint lie in parameters of a model: the rows of the stored ones, one tensor
 * below the other, are the rows of the parameters. With one on each side that is another name, with
 * several parameters a split, with several stored tensors a fusion. It holds for reading and for
 * writing.
 *
 * <p>A {@code *} in a name stands for what lies between two dots, such as the number of a layer,
 * the same in all names of a rule.
 *
 * @param stored names in files; of several each says how many rows it has
 * @param parameters paths in the model; of several each says how many rows it has
 * @param inByOut whether the stored ones are [in, out], as GPT-2's {@code Conv1D}, and so are
 *     transposed before their rows are counted
 */
public record KeyRule(List<Rows> stored, List<Rows> parameters, boolean inByOut) {

  /**
   * A tensor and how many rows it has as [out, in].
   *
   * @param count at least 1, or 0 where it is the only one and needs not say
   */
  public record Rows(String name, int count) {}

  public KeyRule {
    stored = List.copyOf(stored);
    parameters = List.copyOf(parameters);
    if (Math.min(stored.size(), parameters.size()) != 1) {
      throw new IllegalArgumentException(
          "a rule has one stored tensor or one parameter but got %d and %d"
              .formatted(stored.size(), parameters.size()));
    }
    requireCounts(stored);
    requireCounts(parameters);
    requireStars(stored, parameters.get(0).name());
    requireStars(parameters, stored.get(0).name());
  }

  private static void requireCounts(List<Rows> several) {
    for (Rows rows : several) {
      if (several.size() > 1 && rows.count() < 1) {
        throw new IllegalArgumentException(
            "%s must have at least 1 row but has %d".formatted(rows.name(), rows.count()));
      }
    }
  }

  private static void requireStars(List<Rows> several, String other) {
    for (Rows rows : several) {
      if (stars(rows.name()) != stars(other)) {
        throw new IllegalArgumentException(
            "all names of a rule have as many * but got %s and %s".formatted(rows.name(), other));
      }
    }
  }

  private static long stars(String name) {
    return name.chars().filter(c -> c == '*').count();
  }

  /** A tensor with another name. */
  public static KeyRule renamed(String stored, String parameter) {
    return new KeyRule(List.of(new Rows(stored, 0)), List.of(new Rows(parameter, 0)), false);
  }

  /** A tensor that is stored as [in, out], under the path of its parameter. */
  public static KeyRule transposed(String name) {
    return renamed(name, name).ofTransposed();
  }

  /** A stored tensor that holds several parameters, one below the other. */
  public static KeyRule split(String stored, Rows... parameters) {
    return new KeyRule(List.of(new Rows(stored, 0)), List.of(parameters), false);
  }

  /** A parameter that is made of several stored tensors, one below the other. */
  public static KeyRule fused(String parameter, Rows... stored) {
    return new KeyRule(List.of(stored), List.of(new Rows(parameter, 0)), false);
  }

  /** This rule for stored tensors that are [in, out]. */
  public KeyRule ofTransposed() {
    return new KeyRule(stored, parameters, true);
  }

  /** This rule with every {@code *} filled in, if the parameter at {@code path} goes by it. */
  Optional<KeyRule> at(String path) {
    for (Rows rows : parameters) {
      Matcher matcher =
          Pattern.compile(Pattern.quote(rows.name()).replace("*", "\\E([^.]*)\\Q")).matcher(path);
      if (matcher.matches()) {
        List<String> found = new ArrayList<>();
        for (int group = 1; group <= matcher.groupCount(); group++) {
          found.add(matcher.group(group));
        }
        return Optional.of(new KeyRule(filled(stored, found), filled(parameters, found), inByOut));
      }
    }
    return Optional.empty();
  }

  private static List<Rows> filled(List<Rows> several, List<String> found) {
    return several.stream()
        .map(rows -> new Rows(filled(rows.name(), found), rows.count()))
        .toList();
  }

  private static String filled(String name, List<String> found) {
    String filled = name;
    for (String text : found) {
      filled = filled.replaceFirst("\\*", Matcher.quoteReplacement(text));
    }
    return filled;
  }

  /** Whether only the name differs, if anything. */
  boolean isName() {
    return stored.size() == 1 && parameters.size() == 1 && !inByOut;
  }
}
