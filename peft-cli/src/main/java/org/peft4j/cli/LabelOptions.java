package org.peft4j.cli;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.peft4j.transformers.model.Labels;
import picocli.CommandLine.Option;

/** What a classifier tells apart. */
@Heading("Labels")
final class LabelOptions {

  @Option(
      names = "--labels",
      split = ",",
      paramLabel = "NAME",
      description =
          "The labels, in the order of their numbers. Default: those of the adapter, or else of the"
              + " model, or else, in training, of --data.")
  private @Nullable List<String> labels;

  /** Those that were asked for. */
  Optional<Labels> given() {
    return Optional.ofNullable(labels)
        .map(names -> new Labels(names.stream().map(String::strip).toList()));
  }

  /** Takes those that were found; the option says afterwards what they are, where it can. */
  Labels settled(Labels found) {
    if (found.names().stream()
        .noneMatch(name -> name.contains(",") || !name.equals(name.strip()))) {
      labels = found.names();
    }
    return found;
  }

  /**
   * Those that were asked for, which files must agree with: only labels without names can be named.
   *
   * @param known from files
   * @param where they are from
   */
  Labels agreed(Labels known, Object where) {
    Optional<Labels> given = given();
    boolean named = !known.equals(Labels.of(known.size()));
    if (given.isEmpty() || given.get().equals(known)) {
      return known;
    }
    if (named || given.get().size() != known.size()) {
      throw new IllegalArgumentException(
          "--labels %s are not those of %s, which are %s; leave --labels out"
              .formatted(shown(given.get()), where, shown(known)));
    }
    return given.get();
  }

  private static String shown(Labels labels) {
    return String.join(",", labels.names());
  }
}
