package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is printed to be copied into a shell is what the shell then reads. */
class ShellTest {

  private static final String AWKWARD = "it's a \"$HOME\" & `id` (1) \\ * ? ~ #;é=%";

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "plain/path-1.0_x",
        "a b",
        "it's",
        "\"quoted\"",
        "$HOME",
        "`id`",
        "a\\b",
        "*",
        "a;b",
        "~",
        "~/x",
        "#x",
        "x=y",
        "=x",
        "(x)",
        "a&b",
        "a|b",
        "<x>",
        "",
        "a\nb",
        "'",
        "''",
        "!x",
        "é",
        "{a,b}"
      })
  void theShellReadsWhatWasMeant(String word) throws Exception {
    assertThat(read("printf '%s|' " + Shell.command(word, "end"))).isEqualTo(word + "|end|");
  }

  @Test
  void plainPathsStayReadable() {
    assertThat(Shell.path(Path.of("runs/quickstart-2/model"))).isEqualTo("runs/quickstart-2/model");
    assertThat(Shell.path(Path.of("-x"))).isEqualTo("./-x");
    assertThat(Shell.path(Path.of("a b"))).isEqualTo("'a b'");
  }

  @Test
  void theHintsOfFinetuneCanBeCopied() throws Exception {
    Path place = folder.resolve(AWKWARD);
    Path model = TinyModel.write(place.resolve("model"));
    Path texts = TinyModel.texts(folder.resolve("texts.jsonl"));
    Path out = place.resolve("out");
    Cli run = Cli.run("finetune", "--model", model, "--data", texts, "--steps", 1, "--out", out);

    assertThat(run.code()).isZero();
    assertThat(words(run.out(), "generate"))
        .startsWith("generate", "--model", model.toString(), "--adapter", out.toString());
    assertThat(words(run.out(), "merge"))
        .startsWith("merge", "--model", model.toString(), "--adapter", out.toString());
  }

  @Test
  void theHintsOfClassifyCanBeCopied() throws Exception {
    Path place = folder.resolve(AWKWARD);
    Path model = TinyModel.write(place.resolve("model"));
    Path texts = Files.writeString(folder.resolve("texts.csv"), "text,label\na b,x\nc d,y\n");
    Path out = place.resolve("out");
    Cli run = Cli.run("classify", "--model", model, "--data", texts, "--steps", 1, "--out", out);

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(words(run.out(), "predict"))
        .startsWith("predict", "--model", model.toString(), "--adapter", out.toString());
  }

  @Test
  void theHintsOfTheQuickstartCanBeCopied() throws Exception {
    Path out = folder.resolve(AWKWARD);
    Cli run = Cli.run("quickstart", "--steps", 1, "--out", out);

    assertThat(run.code()).isZero();
    assertThat(words(run.out(), "generate"))
        .containsSequence(
            "--model",
            out.resolve("model").toString(),
            "--adapter",
            out.resolve("adapter").toString())
        .containsSequence("--prompt", "Log of the Kestrel, day two.");
    assertThat(words(run.out(), "inspect"))
        .containsExactly("inspect", out.resolve("adapter").toString());
    assertThat(words(run.out(), "finetune"))
        .containsSequence("--data", out.resolve("train.jsonl").toString())
        .endsWith("--out", out.resolve("dora").toString());
  }

  /** The words that the shell makes of a printed {@code peft} command. */
  private List<String> words(String printed, String command) throws Exception {
    assertThat(printed).contains("  peft " + command);
    String text =
        Pattern.compile("^  (peft " + command + "(?:.*\\\\\n)*.*)$", Pattern.MULTILINE)
            .matcher(printed.replace("\r\n", "\n"))
            .results()
            .map(found -> found.group(1))
            .findFirst()
            .orElseThrow();
    String said = read("peft() { printf '%s\\n' \"$@\"; }\n" + text);
    return Arrays.asList(said.split("\n"));
  }

  private String read(String script) throws IOException, InterruptedException {
    Path sh = Path.of("/bin/sh");
    assumeTrue(Files.exists(sh), "there is no /bin/sh");
    Path file = Files.writeString(folder.resolve("script"), script);
    Process process =
        new ProcessBuilder(sh.toString(), file.toString()).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return said;
  }
}
