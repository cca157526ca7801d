package org.peft4j.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * The options that {@code --config} adds to those of the command line, which are stronger.
 *
 * @param arguments all of them, as a command line
 * @param origins where those of the file stand, by option
 */
record RunFile(String[] arguments, Map<String, String> origins) {

  private static final Set<String> NOT_IN_FILES = Set.of("config", "help", "version");

  /** Of these one says what the other would: the command line's is taken. */
  private static final List<Set<String>> ALTERNATIVES =
      List.of(
          Set.of("--steps", "--epochs"),
          Set.of("--prompt", "--prompts"),
          Set.of("--text", "--data"));

  /**
   * Reads the file that {@code --config} names, if it does.
   *
   * @param probe to parse with; not to be used afterwards
   * @throws IllegalArgumentException if the file is wrong; the message says where and how
   */
  static RunFile of(CommandLine probe, String... given) throws IOException {
    RunFile none = new RunFile(given, Map.of());
    if (Arrays.stream(given).noneMatch(argument -> argument.startsWith(Output.CONFIG))) {
      return none;
    }
    collectErrors(probe);
    ParseResult parsed;
    try {
      parsed = probe.parseArgs(given);
    } catch (ParameterException e) {
      // Told when it is parsed for good.
      return none;
    }
    ParseResult command = parsed.subcommand();
    if (command == null || parsed.isUsageHelpRequested() || command.isUsageHelpRequested()) {
      return none;
    }
    Path file = command.matchedOptionValue(Output.CONFIG, null);
    return file == null ? none : of(command, file, given);
  }

  /** What is missing or wrong on the command line is told when it is parsed for good. */
  private static void collectErrors(CommandLine command) {
    command.getCommandSpec().parser().collectErrors(true);
    command.getSubcommands().values().forEach(RunFile::collectErrors);
  }

  private static RunFile of(ParseResult parsed, Path file, String... given) throws IOException {
    CommandSpec command = parsed.commandSpec();
    Map<String, String> origins = new LinkedHashMap<>();
    List<String> added = new ArrayList<>();
    for (Setting setting : SettingsReader.read(file)) {
      String place = SettingsReader.place(file, setting.line());
      OptionSpec option = option(command, setting, place);
      List<String> arguments = arguments(option, setting, place);
      if (!isGiven(parsed, setting.option())) {
        origins.put(setting.option(), place);
        added.addAll(arguments);
      }
    }
    List<String> all = new ArrayList<>(List.of(given));
    // Right after the command's name: what follows a lone -- is not read as options.
    all.addAll(all.indexOf(command.name()) + 1, added);
    return new RunFile(all.toArray(String[]::new), origins);
  }

  private static boolean isGiven(ParseResult parsed, String option) {
    return parsed.hasMatchedOption(option)
        || ALTERNATIVES.stream()
            .filter(same -> same.contains(option))
            .flatMap(Set::stream)
            .anyMatch(parsed::hasMatchedOption);
  }

  private static OptionSpec option(CommandSpec command, Setting setting, String place) {
    OptionSpec option = command.findOption(setting.option());
    if (option == null) {
      throw new IllegalArgumentException(
          "%s: '%s' is no option of %s%s"
              .formatted(
                  place,
                  setting.key(),
                  command.qualifiedName(),
                  nearest(command, setting.key())
                      .map(name -> "; did you mean '" + name + "'?")
                      .orElse("")));
    }
    if (NOT_IN_FILES.contains(setting.key())) {
      throw new IllegalArgumentException(
          "%s: '%s' belongs on the command line, not in a file".formatted(place, setting.key()));
    }
    return option;
  }

  private static Optional<String> nearest(CommandSpec command, String key) {
    String wanted = key.replaceFirst("^-+", "").replace('_', '-');
    return command.options().stream()
        .filter(option -> !option.hidden())
        .flatMap(option -> Stream.of(option.names()))
        .filter(name -> name.startsWith("--"))
        .map(name -> name.substring(2))
        .filter(name -> !NOT_IN_FILES.contains(name))
        .min(Comparator.comparingInt(name -> edits(name, wanted)))
        .filter(name -> edits(name, wanted) <= Math.max(2, wanted.length() / 3));
  }

  /** Letters to insert, delete or replace to make one of the other. */
  private static int edits(String a, String b) {
    int[] row = new int[b.length() + 1];
    Arrays.setAll(row, i -> i);
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }

  private static List<String> arguments(OptionSpec option, Setting setting, String place) {
    boolean mapping = setting.kind() == Setting.Kind.MAPPING;
    if (mapping
        ? !option.typeInfo().isMap()
        : setting.kind() == Setting.Kind.LIST && !option.isMultiValue()) {
      throw new IllegalArgumentException(
          "%s: '%s' takes %s, not a %s"
              .formatted(
                  place,
                  setting.key(),
                  option.isMultiValue() ? "a list" : isFlag(option) ? "true or false" : "one value",
                  mapping ? "mapping" : "list"));
    }
    setting.values().forEach(value -> requireWhole(option, setting, value, place));
    if (isFlag(option)) {
      return flag(setting, place);
    }
    return setting.values().stream().map(value -> setting.option() + "=" + value).toList();
  }

  /** An item of a list is one value. */
  private static void requireWhole(OptionSpec option, Setting setting, String value, String place) {
    String separator = option.splitRegex();
    if (setting.kind() != Setting.Kind.SINGLE
        && !separator.isEmpty()
        && Pattern.compile(separator).matcher(value).find()) {
      throw new IllegalArgumentException(
          "%s: the value '%s' of '%s' must not hold '%s'"
              .formatted(place, value, setting.key(), separator));
    }
  }

  private static boolean isFlag(OptionSpec option) {
    return option.typeInfo().isBoolean();
  }

  private static List<String> flag(Setting setting, String place) {
    String value = setting.values().get(0);
    if (!value.equals("true") && !value.equals("false")) {
      throw new IllegalArgumentException(
          "%s: '%s' must be true or false but was '%s'".formatted(place, setting.key(), value));
    }
    return List.of(setting.option() + "=" + value);
  }

  /** Adds to a message where the options stand that it names, if that is in the file. */
  String explained(String message) {
    List<String> places =
        origins.entrySet().stream()
            .filter(
                origin ->
                    Pattern.compile("(?<![\\w-])" + Pattern.quote(origin.getKey()) + "(?![\\w-])")
                        .matcher(message)
                        .find())
            .map(origin -> origin.getKey() + " is from " + origin.getValue())
            .toList();
    return places.isEmpty() ? message : message + " (" + String.join("; ", places) + ")";
  }
}
