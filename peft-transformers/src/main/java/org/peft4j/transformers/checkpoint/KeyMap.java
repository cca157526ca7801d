package org.peft4j.transformers.checkpoint;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What the tensors of a family's checkpoints are called, and how they lie in the parameters of its
 * models, for reading and for writing.
 *
 * @param prefix of all names but those of output layers, which files of a bare model leave out;
 *     ends with a dot
 * @param rules for the parameters that are stored under another name or in another form; the first
 *     that fits counts
 * @param meaningless stored tensors that may be there and are nothing's parameter, such as causal
 *     masks in old files; {@code *} as in {@link KeyRule}
 */
public record KeyMap(String prefix, List<KeyRule> rules, List<String> meaningless) {

  /** Every parameter is stored as it is, under its path; the layers below {@code model}. */
  public static final KeyMap PLAIN = new KeyMap("model.", List.of(), List.of());

  public KeyMap {
    rules = List.copyOf(rules);
    meaningless = List.copyOf(meaningless);
  }

  /** Other names and forms, below {@code model}. */
  public static KeyMap of(KeyRule... rules) {
    return new KeyMap(PLAIN.prefix, List.of(rules), List.of());
  }

  /** The rule of the parameter at {@code path} with every {@code *} filled in, if it has one. */
  Optional<KeyRule> rule(String path) {
    return rules.stream().flatMap(rule -> rule.at(path).stream()).findFirst();
  }

  /** Whether a stored tensor is nothing's parameter. */
  boolean isMeaningless(String stored) {
    return meaningless.stream()
        .anyMatch(
            name ->
                Pattern.matches(
                    "(.*\\.)?" + Pattern.quote(name).replace("*", "\\E[^.]*\\Q"), stored));
  }
}
