package org.peft4j.cli;

import java.lang.reflect.Member;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.IHelpSectionRenderer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/**
 * The options of a command under the headings of the classes that hold them, if they are many. Then
 * the first line of the help names only what must be given.
 */
final class GroupedOptions implements IHelpSectionRenderer {

  private static final int MANY = 15;

  /** Has the help of a command and of those below it so. */
  static CommandLine in(CommandLine command) {
    command.getSubcommands().values().forEach(GroupedOptions::in);
    CommandSpec spec = command.getCommandSpec();
    if (shown(spec).size() > MANY) {
      spec.usageMessage().customSynopsis(synopsis(spec));
      command
          .getHelpSectionMap()
          .put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, new GroupedOptions());
    }
    return command;
  }

  private static List<OptionSpec> shown(CommandSpec spec) {
    return spec.options().stream().filter(option -> !option.hidden()).toList();
  }

  private static String synopsis(CommandSpec spec) {
    return shown(spec).stream()
        .filter(OptionSpec::required)
        .map(option -> " " + option.longestName() + "=" + option.paramLabel())
        .collect(Collectors.joining("", spec.qualifiedName(), " [OPTION...]"));
  }

  @Override
  public String render(Help help) {
    StringBuilder text = new StringBuilder();
    groups(shown(help.commandSpec()))
        .forEach(
            (heading, options) ->
                text.append(System.lineSeparator())
                    .append(help.colorScheme().ansi().string("@|bold " + heading + ":|@"))
                    .append(System.lineSeparator())
                    .append(help.optionListExcludingGroups(options)));
    return text.toString();
  }

  /** In the order of the command, with what all commands have at the end. */
  private static Map<String, List<OptionSpec>> groups(List<OptionSpec> options) {
    Map<String, List<OptionSpec>> groups = new LinkedHashMap<>();
    List<OptionSpec> general = new ArrayList<>();
    for (OptionSpec option : options) {
      Heading heading = heading(option);
      List<OptionSpec> group =
          heading == null || heading.value().equals(Output.HEADING)
              ? general
              : groups.computeIfAbsent(heading.value(), unknown -> new ArrayList<>());
      group.add(option);
    }
    groups.put(Output.HEADING, general);
    return groups;
  }

  /** What is said where the option is; nothing is where it is picocli's own. */
  static @Nullable Heading heading(OptionSpec option) {
    return option.userObject() instanceof Member member
        ? member.getDeclaringClass().getAnnotation(Heading.class)
        : null;
  }
}
