package org.peft4j.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.peft4j.testkit.ChildJvm;

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
        .contains("org.peft4j.examples.cli.PeftCommand", "Usage: peft finetune")
        .doesNotContain("org.nd4j.", "org.bytedeco.", "ai.djl.", "me.tongfei.");
  }
}
