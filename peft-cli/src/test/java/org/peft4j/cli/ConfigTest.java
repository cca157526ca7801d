package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Options from a file, and the options of a run in a file. */
class ConfigTest {

  @TempDir Path folder;
  private Path file;
  private Path model;
  private Path texts;
  private Path out;

  @BeforeEach
  void write() throws IOException {
    file = folder.resolve("my run.yaml");
    model = TinyModel.write(folder.resolve("model's own"));
    texts = TinyModel.texts(folder.resolve("texts.jsonl"));
    out = folder.resolve("adapter");
  }

  @Test
  void setsWhatTheCommandLineDoesNot() throws IOException {
    config(
        """
        # A run
        model: "%s"
        data: %s
        out: %s
        method: miss
        steps: 3
        rank: 4
        targets: q_proj,v_proj
        layers: [0]
        no-shuffle: true
        packing: false
        """
            .formatted(model, texts, out));

    JsonNode report = Cli.json("finetune", "--config", file, "--steps", 2);

    assertThat(report.get("steps").intValue()).isEqualTo(2);
    JsonNode config = config(out);
    assertThat(config.get("peft_type").textValue()).isEqualTo("MISS");
    assertThat(config.get("r").intValue()).isEqualTo(4);
    assertThat(config.get("layers_to_transform").toString()).isEqualTo("[0]");
  }

  @Test
  void listsAndMappingsAreOfTheFileOrOfTheCommandLine() throws IOException {
    config("option: {use_rslora: true, r: 5}\nlayers:\n  - 0\n  - 1\ntargets: q_proj\n");
    tune("--config", file);
    assertThat(config(out).get("use_rslora").booleanValue()).isTrue();
    assertThat(config(out).get("r").intValue()).isEqualTo(5);
    assertThat(config(out).get("layers_to_transform").toString()).isEqualTo("[0,1]");

    tune("--option", "r=3", "--layers", 1, "--config=" + file);
    assertThat(config(out).get("use_rslora").booleanValue()).isFalse();
    assertThat(config(out).get("r").intValue()).isEqualTo(3);
    assertThat(config(out).get("layers_to_transform").toString()).isEqualTo("[1]");

    config("option: [use_rslora=true]\n");
    tune("--config", file);
    assertThat(config(out).get("use_rslora").booleanValue()).isTrue();
  }

  @Test
  void takesJson() throws IOException {
    config(
        "\uFEFF{\n\t\"steps\": 1,\n\t\"layers\": [1],\n\t\"targets\": \"q_proj\", \"option\":"
            + " {\"r\": 2},\n\t\"lr\": 1e-3, \"packing\": false}");
    Cli run =
        Cli.run("finetune", "--model", model, "--data", texts, "--out", out, "--config", file);

    assertThat(run.err()).contains("step 1 of 1");
    assertThat(run.code()).isZero();
    assertThat(config(out).get("r").intValue()).isEqualTo(2);
  }

  @Test
  void takesTextsAsTheyAre() throws IOException {
    config(
        "{\"prompt\": \"a \\\"b\\\" \\ud83d\\ude00 \\/ $HOME @x --json = c\", \"max-tokens\": 1}");
    JsonNode report = Cli.json("generate", "--model", model, "--config", file);

    assertThat(report.get("prompt").textValue()).isEqualTo("a \"b\" 😀 / $HOME @x --json = c");

    config("prompt: |-\n  a b\n  c\nmax-tokens: 1\n");
    report = Cli.json("generate", "--model", model, "--config", file);
    assertThat(report.get("prompt").textValue()).isEqualTo("a b\nc");
  }

  @Test
  void theCommandLineTurnsOffWhatTheFileTurnsOn() throws IOException {
    config("json: true\nmax-tokens: 2\n");
    Cli on = Cli.run("generate", "--config", file, "--model", model, "--prompt", "a");
    Cli off =
        Cli.run("generate", "--model", model, "--prompt", "a", "--json=false", "--config", file);

    assertThat(on.out()).startsWith("{\"prompt\":\"a\"");
    assertThat(off.out()).startsWith("a ");
  }

  @Test
  void anAlternativeOnTheCommandLineIsStronger() throws IOException {
    config("epochs: 7\n");
    assertThat(tune("--config", file).get("steps").intValue()).isEqualTo(1);

    config("data: texts.jsonl\n");
    assertThat(
            RunFile.of(PeftCommand.commandLine(), "predict", "--config=" + file, "--text=a")
                .arguments())
        .containsExactly("predict", "--config=" + file, "--text=a");
  }

  /** Bench is a program of its own, and help has no options. */
  static Set<String> commands() {
    Set<String> names = new TreeSet<>(PeftCommand.commandLine().getSubcommands().keySet());
    names.removeAll(Set.of("bench", "help"));
    return names;
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyCommandTakesEveryOptionFromAFile(String name) throws IOException {
    CommandSpec command = PeftCommand.commandLine().getSubcommands().get(name).getCommandSpec();
    List<String> options =
        command.options().stream()
            .map(OptionSpec::longestName)
            .filter(option -> !Set.of("--config", "--help", "--version").contains(option))
            .toList();
    for (String option : options) {
      String value = command.findOption(option).typeInfo().isBoolean() ? "true" : "a=1";
      config(option.substring(2) + ": " + value + "\n");

      RunFile read = RunFile.of(PeftCommand.commandLine(), name, "--config", file.toString());

      assertThat(read.arguments())
          .containsExactly(name, option + "=" + value, "--config", file.toString());
    }
    assertThat(options).contains("--json", "--verbose");

    config("json: true\n\nno-such: 1\n");
    Cli run = Cli.run(name, "--config", file);
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err().lines().toList()).hasSize(1);
    assertThat(run.err())
        .startsWith(
            "peft %s: %s, line 3: 'no-such' is no option of peft %s".formatted(name, file, name));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          classify | {"text": "a b", "label": "x"}                              | {"text": "c", "label": "y"}
          dpo      | {"prompt": "a", "chosen": " b c", "rejected": " d"}        | {"prompt": "b", "chosen": " c", "rejected": " a"}
          """)
  void everyTrainingLeavesItsRunBesideTheAdapter(String name, String row, String other)
      throws IOException {
    Path rows = Files.write(folder.resolve("rows.jsonl"), List.of(row, other));
    Cli.json(
        name, "--model", model, "--data", rows, "--out", out, "--steps", 2, "--lr", "1e-2",
        "--seed", 3);
    Path again = folder.resolve("again");

    Cli.json(name, "--config", out.resolve("run.yaml"), "--out", again);

    assertThat(again.resolve("adapter_model.safetensors"))
        .hasSameBinaryContentAs(out.resolve("adapter_model.safetensors"));
    assertThat(again.resolve("adapter_config.json"))
        .hasSameBinaryContentAs(out.resolve("adapter_config.json"));
  }

  static Stream<List<String>> mistakes() {
    return Stream.of(
        List.of(
            "a: [", ", line 1: is no YAML: expected the node content, but found '<stream end>'"),
        List.of("rank: 8\n  lr: 3\n", ", line 2: is no YAML: mapping values are not allowed here"),
        List.of(
            "rank: 8\nrnak: 4\n",
            ", line 2: 'rnak' is no option of peft finetune; did you mean 'rank'?"),
        List.of(
            "batch_size: 8\n",
            ", line 1: 'batch_size' is no option of peft finetune; did you mean 'batch-size'?"),
        List.of("--lr: 8\n", ", line 1: '--lr' is no option of peft finetune; did you mean 'lr'?"),
        List.of(
            "wandb-project: x\n", ", line 1: 'wandb-project' is no option of peft finetune (", ""),
        List.of("rank: 8\nlr: 1\nrank: 9\n", ", line 3: 'rank' is there twice"),
        List.of("option: {a: 1, a: 2}\n", ", line 1: 'a' is there twice below 'option'"),
        List.of(
            "rank: 8\n---\nrank: 9\n",
            ", line 2: begins a second document; a file holds the options of one run"),
        List.of("rank: 8\n...\nrank: 9\n", ", line 3: "),
        List.of("- rank\n", ", line 1: must be options, such as 'rank: 8', one on each line"),
        List.of("rank\n", ", line 1: must be options, such as 'rank: 8', one on each line"),
        List.of("", " is empty; write options, such as 'rank: 8'"),
        List.of("# nothing\n", " is empty; write options, such as 'rank: 8'"),
        List.of("null", " is empty; write options, such as 'rank: 8'"),
        List.of("rank: [8]\n", ", line 1: 'rank' takes one value, not a list"),
        List.of("rank: {a: 8}\n", ", line 1: 'rank' takes one value, not a mapping"),
        List.of("packing: [true]\n", ", line 1: 'packing' takes true or false, not a list"),
        List.of("layers: {a: 8}\n", ", line 1: 'layers' takes a list, not a mapping"),
        List.of(
            "layers: [[1]]\n",
            ", line 1: a value in the list 'layers' must be a text, a number, true or false, not a list or a mapping"),
        List.of(
            "option: {a: [1]}\n",
            ", line 1: the value of 'option.a' must be a text, a number, true or false, not a list or a mapping"),
        List.of(
            "[rank]: 8\n",
            ", line 1: a key must be a text, a number, true or false, not a list or a mapping"),
        List.of(
            "modules-to-save: ['a,b']\n",
            ", line 1: the value 'a,b' of 'modules-to-save' must not hold ','"),
        List.of("packing: yes\n", ", line 1: 'packing' must be true or false but was 'yes'"),
        List.of("lr: 1\nrank:\n", ", line 2: 'rank' has no value; leave it out, or write one"),
        List.of("rank: ~\n", ", line 1: 'rank' has no value; leave it out, or write one"),
        List.of(
            "rank: !!java.net.URL [x]\n",
            ", line 1: tags (!...) are not read; write the value alone"),
        List.of("rank: !!int 8\n", ", line 1: tags (!...) are not read; write the value alone"),
        List.of("lr: &a 1\nrank: *a\n", ", line 1: anchors and aliases (&a) are not read"),
        List.of("rank: *a\n", ", line 1: anchors and aliases (*a) are not read"),
        List.of(
            "config: other.yaml\n",
            ", line 1: 'config' belongs on the command line, not in a file"),
        List.of("help: true\n", ", line 1: 'help' belongs on the command line, not in a file"));
  }

  @ParameterizedTest
  @MethodSource("mistakes")
  void mistakesAreToldWithTheirPlace(List<String> mistake) throws IOException {
    config(mistake.get(0));
    Cli run = Cli.run("finetune", "--config", file, "--rank", 8);

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    String told = "peft finetune: " + file + mistake.get(1).replaceFirst(" \\($", "");
    assertThat(run.err().lines().toList()).hasSize(1);
    assertThat(run.err()).startsWith(told);
    if (mistake.size() > 2) {
      assertThat(run.err()).isEqualTo(told + System.lineSeparator());
    }
  }

  @Test
  void depthAndSizeEndNothing() throws IOException {
    config("layers: " + "[".repeat(100_000));
    assertThat(Cli.run("finetune", "--config", file).err()).contains(", line 1: a value in");

    config("x: " + "a".repeat(1 << 20));
    assertThat(Cli.run("finetune", "--config", file).err()).contains("is larger than 1 MiB");

    Files.write(file, new byte[] {'r', ':', ' ', (byte) 0xff});
    assertThat(Cli.run("finetune", "--config", file).err()).contains("is no text in UTF-8");

    config("rank: \u0000");
    Cli run = Cli.run("finetune", "--config", file);
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err().lines().toList()).hasSize(1);
    assertThat(run.err()).contains("my run.yaml is no YAML: ");
  }

  @Test
  void aMissingFileIsNamed() {
    Cli run = Cli.run("eval", "--config", folder.resolve("none.yaml"));

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err())
        .isEqualTo(
            "peft eval: --config %s does not exist%n".formatted(folder.resolve("none.yaml")));
    assertThat(Cli.run("eval", "--config", "none.yaml", "--help").out()).startsWith("Usage:");
    assertThat(Cli.run("eval", "--config").err())
        .contains("Missing required parameter for option '--config' (FILE)");
  }

  @Test
  void whatIsWrongWithAValueIsToldWithItsPlace() throws IOException {
    config("lr: 1e-3\nrank: eight\n");
    assertThat(Cli.run("finetune", "--model", model, "--config", file).err())
        .contains("--rank': 'eight' is not an int (--rank is from " + file + ", line 2)");

    config("\nsteps: 0\n");
    Cli run =
        Cli.run("finetune", "--model", model, "--data", texts, "--out", out, "--config", file);
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err())
        .isEqualTo(
            "peft finetune: --steps must be at least 1 but was 0 (--steps is from %s, line 2)%n"
                .formatted(file));
  }

  @Test
  void whatIsMissingOnBothIsNamed() throws IOException {
    config("rank: 8\n");

    assertThat(Cli.run("finetune", "--config", file).err())
        .contains("Missing required options: '--model=DIR', '--data=FILE', '--out=DIR'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"lora", "eva", "pissa", "miss", "full"})
  void theRunBesideTheAdapterCanBeRepeated(String method) throws IOException {
    config("option:\n" + (method.equals("eva") ? "  rho: 1.5\n" : "  {}\n"));
    if (method.equals("full")) {
      config("warmup: 0\n");
    }
    Cli.json(
        Stream.of(
                "finetune",
                "--config",
                file,
                "--model",
                model,
                "--data",
                texts,
                "--out",
                out,
                "--method",
                method,
                "--lr",
                "1e-3",
                "--warmup",
                "50%",
                "--lr-schedule",
                "cosine",
                "--columns",
                "text=text",
                "--seed",
                7,
                "--batch-size",
                5,
                "--epochs",
                2)
            .toArray());
    Path other = folder.resolve("other");

    Cli.json("finetune", "--config", out.resolve("run.yaml"), "--out", other);

    assertThat(other.resolve("adapter_model.safetensors"))
        .hasSameBinaryContentAs(out.resolve("adapter_model.safetensors"));
    assertThat(other.resolve("adapter_config.json"))
        .hasSameBinaryContentAs(out.resolve("adapter_config.json"));
    assertThat(Files.readString(other.resolve("run.yaml")))
        .isEqualTo(
            Files.readString(out.resolve("run.yaml"))
                .replace("out: \"" + out + "\"", "out: \"" + other + "\""));
  }

  @Test
  void theRunHoldsDefaultsAndWhatDependsOnTheRest() throws IOException {
    tune("--eval-every", 1, "--valid", texts);

    assertThat(out.resolve("run.yaml"))
        .content()
        .startsWith("# Written by peft: ")
        .contains(
            "\nmodel: \"" + model + "\"\n",
            "\nmethod: \"lora\"\n",
            "\nrank: 8\n",
            "\nalpha: 16.0\n",
            "\ntargets: \"all-linear\"\n",
            "\nmax-length: 32\n",
            "\nlr: 2e-4\n",
            "\nsteps: 1\n",
            "\neval-every: 1\n",
            "\npacking: false\n",
            "\nprecision: \"f32\"\n")
        .containsPattern("\nthreads: \\d+\n")
        .containsPattern("\n# Not set: .*early-stopping, .*\n")
        .doesNotContain("json:", "verbose", "resume", "config:", "epochs:");
  }

  @Test
  void theRunDisturbsNeitherSavingNorGoingOn() throws IOException {
    tune();
    tune();
    JsonNode more = tune("--adapter", out, "--steps", 2);
    assertThat(more.get("steps").intValue()).isEqualTo(2);
    assertThat(out.resolve("run.yaml")).content().contains("\nadapter: ").doesNotContain("rank:");

    Files.writeString(out.resolve("run.yaml"), "steps: 1\n");
    Cli run = Cli.run("finetune", "--model", model, "--data", texts, "--out", out);
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("run.yaml holds something else than the options of a run");
    assertThat(out.resolve("run.yaml")).hasContent("steps: 1");
  }

  private JsonNode tune(Object... more) {
    Stream<Object> usual = Stream.of("finetune", "--model", model, "--data", texts, "--out", out);
    boolean long_ = List.of(more).contains("--steps");
    return Cli.json(
        Stream.of(usual, long_ ? Stream.of() : Stream.of("--steps", 1), Stream.of(more))
            .flatMap(part -> part)
            .toArray());
  }

  private void config(String text) throws IOException {
    Files.writeString(file, text);
  }

  private static JsonNode config(Path adapter) throws IOException {
    return Cli.parse(Files.readString(adapter.resolve("adapter_config.json")));
  }
}
