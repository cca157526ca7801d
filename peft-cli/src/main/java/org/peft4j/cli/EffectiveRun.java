package org.peft4j.cli;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.peft4j.io.AtomicFiles;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * What a command was told and what it took for the rest, as a file for {@code --config}.
 *
 * @param command after it has run: its options hold what was used
 */
record EffectiveRun(CommandSpec command) {

  /** The file's name, beside what came of the run. */
  static final String FILE = "run.yaml";

  private static final String BEGIN = "# Written by peft";

  /** About how results are shown, and about what was there when the run began. */
  private static final Set<String> LEFT_OUT =
      Set.of("--help", "--version", "--config", "--json", "--verbose", "--resume");

  /**
   * @throws IllegalArgumentException if there is such a file in {@code folder} that somebody else
   *     has written
   */
  static void check(Path folder) throws IOException {
    Places.requireKind("--out", folder.resolve(FILE), "the options of a run", BEGIN);
  }

  /** Writes the file, whole or not at all. */
  void write(Path folder) throws IOException {
    ByteBuffer text = StandardCharsets.UTF_8.encode(text());
    AtomicFiles.write(folder.resolve(FILE), channel -> writeAll(channel, text));
  }

  private static void writeAll(FileChannel channel, ByteBuffer text) throws IOException {
    while (text.hasRemaining()) {
      channel.write(text);
    }
  }

  private String text() {
    List<String> lines = new ArrayList<>();
    lines.add(BEGIN + ": with what 'peft " + command.name() + "' made the files beside this one.");
    lines.add("# To do it again: peft " + command.name() + " --config run.yaml --out OTHER");
    lines.add("# Paths are relative to the folder in which it was run.");
    List<String> unset = new ArrayList<>();
    for (OptionSpec option : command.options()) {
      if (!LEFT_OUT.contains(option.longestName())) {
        String name = option.longestName().substring(2);
        Object value = value(option);
        if (value == null || value.equals(List.of())) {
          unset.add(name);
        } else {
          lines.add(name + ": " + yaml(value));
        }
      }
    }
    lines.add("# Not set: " + String.join(", ", unset));
    return lines.stream().map(line -> line + "\n").collect(Collectors.joining());
  }

  /** What was given; else what it was found to be; else the default as it would be given. */
  private @Nullable Object value(OptionSpec option) {
    if (option.typeInfo().isBoolean()) {
      return option.getValue();
    }
    if (option.getValue() instanceof Map<?, ?> map) {
      return map.isEmpty() ? null : map;
    }
    ParseResult parsed = command.commandLine().getParseResult();
    OptionSpec matched = parsed.matchedOption(option.longestName());
    if (matched != null) {
      List<String> given = matched.stringValues();
      return option.isMultiValue() ? given : given.get(given.size() - 1);
    }
    Object value = option.getValue();
    return option.defaultValue() == null ? value : option.defaultValue();
  }

  private static String yaml(Object value) {
    if (value instanceof Map<?, ?> map) {
      return map.entrySet().stream()
          .map(entry -> yaml(entry.getKey()) + ": " + yaml(entry.getValue()))
          .collect(Collectors.joining(", ", "{", "}"));
    }
    if (value instanceof List<?> list) {
      return list.stream().map(EffectiveRun::yaml).collect(Collectors.joining(", ", "[", "]"));
    }
    return scalar(value.toString());
  }

  /** Numbers, true and false as they are, and texts so that every reader takes them for texts. */
  private static String scalar(String text) {
    if (text.matches("[+-]?\\d+(\\.\\d+)?([eE][+-]?\\d+)?|true|false")) {
      return text;
    }
    return '"' + new String(JsonStringEncoder.getInstance().quoteAsString(text)) + '"';
  }
}
