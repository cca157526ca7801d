package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.testkit.ChildJvm;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

class PeftCommandTest {

  @Test
  void helpListsTheCommands() {
    Cli run = Cli.run("--help");

    assertThat(run.code()).isZero();
    assertThat(run.out())
        .contains("finetune", "eval", "generate", "merge", "convert", "logits", "inspect", "bench");
    assertThat(run.err()).isEmpty();
  }

  @Test
  void everyCommandHasHelp() {
    PeftCommand.commandLine().getSubcommands().keySet().stream()
        .filter(name -> !name.equals("help"))
        .forEach(
            name -> {
              Cli run = Cli.run(name, "--help");
              assertThat(run.code()).isZero();
              assertThat(run.out()).startsWith("Usage: peft " + name).contains("--json");
              assertThat(Cli.run("help", name).out()).isEqualTo(run.out());
            });
    assertThat(Cli.run("help").out()).startsWith("Usage: peft ").contains("finetune");
  }

  @Test
  void manyOptionsStandInGroups() {
    String help = Cli.run("finetune", "--help").out();

    assertThat(help)
        .startsWith("Usage: peft finetune --model=DIR --data=FILE --out=DIR [OPTION...]\n")
        .containsPattern("(?s)Method:\\R +--method.*--rank.*Which layers:\\R +--targets")
        .containsPattern("(?s)General:\\R.*--config.*--help");
    assertThat(help.lines().filter(line -> line.matches("[A-Z][a-z -]+:")))
        .containsExactly(
            "Model:",
            "Method:",
            "Which layers:",
            "Data:",
            "Starts that look at data:",
            "Held-out data:",
            "Training:",
            "Checkpoints:",
            "What is written:",
            "General:",
            "Exit codes:");
    assertThat(Cli.run("inspect", "--help").out()).doesNotContain("General:");
  }

  @ParameterizedTest
  @MethodSource("names")
  void theHelpFitsAndHasEachOptionInItsGroup(String name) {
    String help = Cli.run(name, "--help").out();
    CommandLine command = PeftCommand.commandLine().getSubcommands().get(name);

    assertThat(help.lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80));
    for (OptionSpec option : command.getCommandSpec().options()) {
      String shown = "(?m)^ {2,6}(-\\w, )?" + option.longestName() + "\\b(?!-)";
      assertThat(Pattern.compile(shown).matcher(help).results()).as(shown).hasSize(1);
      if (help.contains("General:") && !option.usageHelp() && !option.versionHelp()) {
        assertThat(GroupedOptions.heading(option))
            .as("the @Heading of %s's %s", name, option.longestName())
            .isNotNull();
      }
    }
  }

  static Set<String> names() {
    return new TreeSet<>(PeftCommand.commandLine().getSubcommands().keySet());
  }

  @Test
  void benchSaysHowItIsRun() {
    Cli run = Cli.run("bench", "--quick", "--batch", "2");

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err())
        .contains("bench is run by the launcher in the sources: ./peft bench --quick --batch 2");
  }

  @Test
  void theVersionIsKnown() {
    assertThat(Cli.run("--version").out()).matches("peft4j \\d+\\.\\d+\\.\\d+\\S* on Java .*\\R");
  }

  @Test
  void helpStartsNothingHeavy() throws IOException, InterruptedException {
    Process help =
        ChildJvm.of(List.of("-Xlog:class+load"), PeftCommand.class, "finetune", "--help")
            .redirectErrorStream(true)
            .start();
    String loaded = new String(help.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(help.waitFor()).isZero();
    assertThat(loaded)
        .contains("org.peft4j.cli.PeftCommand", "Usage: peft finetune")
        .doesNotContain("org.nd4j.", "org.bytedeco.", "ai.djl.", "me.tongfei.");
  }
}
