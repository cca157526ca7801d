package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.peft4j.cli.Workplace.with;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.DataType;
import org.peft4j.testkit.Shared;

class FinetuneCommandTest {

  @TempDir Path folder;
  private Path model;
  private Path texts;
  private Path out;

  @BeforeEach
  void write() throws IOException {
    Workplace fresh = Workplace.in(folder).savingTo(folder.resolve("new/adapter"));
    model = fresh.model();
    texts = fresh.texts();
    out = fresh.out();
  }

  /** As the fields say by now: some tests have another model, other texts or another place. */
  private Workplace place() {
    return new Workplace(folder, model, texts, out);
  }

  @Test
  void learnsAndSaysHowMuch() {
    JsonNode report =
        Cli.json(
            place()
                .finetune(
                    "--steps",
                    30,
                    "--lr",
                    "2e-2",
                    "--batch-size",
                    12,
                    "--valid",
                    texts,
                    "--rank",
                    4));

    assertThat(report.get("steps").intValue()).isEqualTo(30);
    assertThat(report.get("train_loss_last").doubleValue())
        .isLessThan(report.get("train_loss_first").doubleValue() - 0.5);
    assertThat(report.get("valid_loss_before").doubleValue())
        .isCloseTo(report.get("train_loss_first").doubleValue(), within(1e-4));
    assertThat(report.get("valid_loss_after").doubleValue())
        .isLessThan(report.get("valid_loss_before").doubleValue() - 0.5);
    assertThat(report.get("trainable").longValue()).isEqualTo(2 * 4 * (4 * 32 + 3 * 36));
    assertThat(report.get("total").longValue())
        .isEqualTo(2 * (4 * 256 + 3 * 320 + 32) + 16 + 2 * 24 * 16 + 2 * 4 * (4 * 32 + 3 * 36));
    assertThat(report.get("seconds_per_step").doubleValue()).isPositive();
    assertThat(report.get("tokens_per_second").doubleValue()).isPositive();
    assertThat(report.get("out").textValue()).isEqualTo(out.toString());
    assertThat(out).isDirectoryContaining("glob:**adapter_model.safetensors");
  }

  @Test
  void leavesOutWhatItDoesNotKnow() {
    assertThat(Cli.json(place().finetune("--steps", 1)).has("valid_loss_before")).isFalse();
  }

  @Test
  void tellsPeopleWhatToTryNext() {
    Cli run = Cli.run(place().finetune("--steps", 2));

    assertThat(run.code()).isZero();
    assertThat(run.out())
        .contains("train loss first")
        .contains("peft merge --model " + model + " --adapter " + out + " --out merged");
    assertThat(run.err()).contains("trainable 3,776 of").contains("step 2 of 2: loss");
  }

  @Test
  void theAdapterNamesTheModelAsItWasGiven() throws IOException {
    Cli.json(place().finetune("--steps", 1));

    JsonNode config = Cli.parse(Files.readString(out.resolve("adapter_config.json")));
    assertThat(config.get("base_model_name_or_path").textValue()).isEqualTo(model.toString());
    assertThat(config.get("task_type").textValue()).isEqualTo("CAUSAL_LM");
    assertThat(config.get("r").intValue()).isEqualTo(8);
    assertThat(config.get("lora_alpha").intValue()).isEqualTo(16);
  }

  @Test
  void writesALineForEveryStep() throws IOException {
    Path metrics = folder.resolve("metrics.jsonl");
    JsonNode report =
        Cli.json(
            place()
                .finetune(
                    "--epochs",
                    2,
                    "--batch-size",
                    5,
                    "--lr",
                    "1e-3",
                    "--warmup",
                    2,
                    "--metrics",
                    metrics));

    List<JsonNode> lines = Files.readAllLines(metrics).stream().map(Cli::parse).toList();
    assertThat(lines).hasSize(6).hasSize(report.get("steps").intValue());
    assertThat(lines.get(0).properties().stream().map(e -> e.getKey()))
        .containsExactly(
            "step",
            "epoch",
            "loss",
            "lr",
            "gradient_norm",
            "tokens",
            "tokens_per_second",
            "seconds");
    assertThat(lines.stream().map(line -> line.get("lr").doubleValue()))
        .containsExactly(0.0, 5e-4, 1e-3, 7.5e-4, 5e-4, 2.5e-4);
    assertThat(report.get("train_loss_last").doubleValue())
        .isCloseTo(lines.get(5).get("loss").doubleValue(), within(1e-5));
  }

  @Test
  void aTableIsWrittenWhereTheNameEndsInCsv() throws IOException {
    Path metrics = folder.resolve("metrics.csv");
    Cli.json(place().finetune("--steps", 3, "--metrics", metrics));

    assertThat(Files.readAllLines(metrics))
        .hasSize(4)
        .first()
        .asString()
        .startsWith("step,epoch,loss,lr,");
  }

  @Test
  void keepsEventsForTensorBoardAndAPicture() {
    Path events = folder.resolve("runs/first");
    Path picture = folder.resolve("loss.svg");
    JsonNode report =
        Cli.json(place().finetune("--steps", 3, "--tensorboard", events, "--plot", picture));

    assertThat(report.path("tensorboard").asText()).isEqualTo(events.toString());
    assertThat(report.path("plot").asText()).isEqualTo(picture.toString());
    assertThat(report.has("metrics")).isFalse();

    assertThat(events).isDirectoryContaining("glob:**events.out.tfevents.*");
    assertThat(picture).content().startsWith("<?xml").contains("<svg");
  }

  @Test
  void accumulationTakesSeveralBatchesAStep() {
    JsonNode report = Cli.json(place().finetune("--batch-size", 5, "--grad-accumulation", 2));

    assertThat(report.get("steps").intValue()).isEqualTo(2);
  }

  @Test
  void withoutShufflingTheFileStartsAgainFromTheTop() throws IOException {
    double[] once = losses("--no-shuffle", "--lr", "1e-9", "--batch-size", 5, "--steps", 3);
    double[] twice = losses("--no-shuffle", "--lr", "1e-9", "--batch-size", 5, "--steps", 6);

    assertThat(Arrays.copyOf(twice, 3)).containsExactly(once);
    assertThat(Arrays.copyOfRange(twice, 3, 6)).containsExactly(once, within(1e-5));
    assertThat(losses("--lr", "1e-9", "--batch-size", 5, "--steps", 3, "--seed", 1))
        .isNotEqualTo(once);
  }

  @Test
  void theSameSeedGivesTheSameBytes() throws IOException {
    byte[] one = place().trained("--steps", 3, "--seed", 7, "--dropout", 0.1);
    byte[] two = place().trained("--steps", 3, "--seed", 7, "--dropout", 0.1);
    byte[] other = place().trained("--steps", 3, "--seed", 8, "--dropout", 0.1);

    assertThat(two).isEqualTo(one);
    assertThat(other).isNotEqualTo(one);
  }

  @Test
  void goesOnFromAnAdapter() {
    Path second = folder.resolve("second");
    JsonNode first =
        Cli.json(place().finetune("--steps", 20, "--lr", "1e-2", "--valid", texts, "--rank", 4));
    JsonNode more =
        Cli.json(
            "finetune",
            "--model",
            model,
            "--data",
            texts,
            "--adapter",
            out,
            "--out",
            second,
            "--valid",
            texts,
            "--steps",
            5,
            "--lr",
            "1e-3",
            "--method",
            "lora",
            "--rank",
            4);

    assertThat(more.get("valid_loss_before").doubleValue())
        .isCloseTo(first.get("valid_loss_after").doubleValue(), within(1e-5));
    assertThat(more.get("trainable")).isEqualTo(first.get("trainable"));
  }

  @Test
  void trainsDoraOnSomeLayersInDoublePrecision() {
    JsonNode report =
        Cli.json(
            place()
                .finetune(
                    "--method",
                    "dora",
                    "--rank",
                    2,
                    "--targets",
                    "q_proj, v_proj",
                    "--layers",
                    "1",
                    "--steps",
                    2,
                    "--precision",
                    "f64"));

    assertThat(report.get("trainable").longValue()).isEqualTo(2 * (2 * 32 + 16));
  }

  @Test
  void takesAnySettingOfTheMethod() throws IOException {
    Cli.json(
        place()
            .finetune(
                "--steps",
                1,
                "--dropout",
                0.25,
                "--option",
                "use_rslora=true",
                "--exclude",
                "down_proj",
                "--modules-to-save",
                "lm_head"));

    JsonNode config = Cli.parse(Files.readString(out.resolve("adapter_config.json")));
    assertThat(config.get("lora_dropout").doubleValue()).isEqualTo(0.25);
    assertThat(config.get("use_rslora").booleanValue()).isTrue();
    assertThat(config.get("exclude_modules").get(0).textValue()).isEqualTo("down_proj");
    assertThat(config.get("modules_to_save").get(0).textValue()).isEqualTo("lm_head");
  }

  /** At first E is zero and A and B small, so the penalty is half of √rank or a little less. */
  @Test
  void takesRankFromWhereItMattersLeast() throws IOException {
    JsonNode report =
        Cli.json(
            place()
                .finetune(
                    "--method",
                    "adalora",
                    "--option",
                    "init_r=4",
                    "--option",
                    "target_r=2",
                    "--option",
                    "tfinal=3",
                    "--steps",
                    12,
                    "--batch-size",
                    12,
                    "--lr",
                    "1e-2",
                    "--valid",
                    texts));

    assertThat(
            report.get("train_loss_first").doubleValue()
                - report.get("valid_loss_before").doubleValue())
        .isBetween(0.9, 1.0);
    JsonNode config = Cli.parse(Files.readString(out.resolve("adapter_config.json")));
    assertThat(config.get("total_step").intValue()).isEqualTo(12);
    assertThat(config.get("rank_pattern")).hasSize(14);
    int left = 0;
    for (JsonNode layer : config.get("rank_pattern")) {
      for (JsonNode kept : layer) {
        left += kept.booleanValue() ? 1 : 0;
      }
    }
    assertThat(left).isEqualTo(2 * 14);
    JsonNode adapted = Cli.json("eval", "--model", model, "--adapter", out, "--data", texts);
    assertThat(adapted.get("loss").doubleValue())
        .isCloseTo(report.get("valid_loss_after").doubleValue(), within(1e-6));
  }

  @Test
  void aScheduleThatDoesNotFitIsRefusedBeforeTraining() {
    Cli run = Cli.run(place().finetune("--method", "adalora", "--steps", 5, "--option", "tinit=5"));

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err())
        .contains("tinit 5 and tfinal 0 leave no steps of total_step 5 to lower the rank in")
        .doesNotContain("step 1");
    assertThat(out).doesNotExist();
  }

  @Test
  void trainsWholeTensorsOfHalfTheLayers() throws IOException {
    int layer = 4 * 256 + 3 * 320 + 2 * 16;
    int always = 2 * 24 * 16 + 16;
    JsonNode report =
        Cli.json(
            place()
                .finetune(
                    "--method",
                    "hft",
                    "--option",
                    "level=layer",
                    "--option",
                    "round=1",
                    "--steps",
                    2));

    assertThat(report.get("trainable").longValue()).isEqualTo(layer + always);
    assertThat(report.get("total").longValue()).isEqualTo(2 * layer + always);
    JsonNode config = Cli.parse(Files.readString(out.resolve("adapter_config.json")));
    assertThat(config.get("peft_type").textValue()).isEqualTo("HFT");
    assertThat(config.get("level").textValue()).isEqualTo("layer");
    assertThat(config.get("round").intValue()).isEqualTo(1);
    assertThat(config.get("target_modules").textValue()).isEqualTo("all-linear");
  }

  @ParameterizedTest
  @ValueSource(strings = {"pissa", "pissa_niter_4", "olora", "orthogonal", "gaussian", "eva"})
  void startsAsAskedAndStaysEqualToTheBase(String start) throws IOException {
    JsonNode report =
        Cli.json(place().finetune("--steps", 3, "--valid", texts, "--rank", 4, "--init", start));

    JsonNode base = Cli.json("eval", "--model", model, "--data", texts);
    assertThat(report.get("valid_loss_before").doubleValue())
        .isCloseTo(base.get("loss").doubleValue(), within(1e-5));
    JsonNode adapted = Cli.json("eval", "--model", model, "--adapter", out, "--data", texts);
    assertThat(adapted.get("loss").doubleValue())
        .isCloseTo(report.get("valid_loss_after").doubleValue(), within(1e-9));
    JsonNode config = Cli.parse(Files.readString(out.resolve("adapter_config.json")));
    assertThat(config.get("init_lora_weights").textValue()).isEqualTo(start);
  }

  @ParameterizedTest
  @ValueSource(strings = {"pissa", "pissa-niter-4"})
  void aStartGoesByItsNameAsAMethod(String method) throws IOException {
    JsonNode report = Cli.json(place().finetune("--steps", 1, "--rank", 4, "--method", method));

    JsonNode config = Cli.parse(Files.readString(out.resolve("adapter_config.json")));
    assertThat(config.get("init_lora_weights").textValue()).isEqualTo(method.replace('-', '_'));
    assertThat(report.get("starts")).hasSize(14);
    assertThat(report.get("starts").get(0).get("rank").intValue()).isEqualTo(4);
    assertThat(report.get("starts").get(0).get("energy").doubleValue()).isBetween(0.01, 1.0);
  }

  /** B starts at zero, and Adam's first step is as long as the rate. */
  @Test
  void factorsTrainFasterWhereAsked() throws IOException {
    assertThat(largest("lora_B", "--steps", 1, "--lr", "1e-3")).isCloseTo(1e-3, within(1e-5));
    assertThat(largest("lora_B", "--steps", 1, "--lr", "1e-3", "--lora-plus", 16))
        .isCloseTo(16e-3, within(1e-4));
  }

  /** Where a step decays by all there is, the start is all that is left. */
  @Test
  void decayPullsWhereAsked() throws IOException {
    Object[] step = {"--steps", 1, "--lr", "1e-6", "--weight-decay", "1e6"};
    double start = largest("lora_A", "--steps", 1, "--lr", "1e-9");

    assertThat(largest("lora_A", step)).isLessThan(1e-5);
    assertThat(largest("lora_A", with(step, "--decay-toward", "zero"))).isLessThan(1e-5);
    assertThat(largest("lora_A", with(step, "--decay-toward", "start")))
        .isGreaterThan(0.1)
        .isCloseTo(start, within(1e-5));
  }

  /** The largest number in the trained tensors of that name. */
  private double largest(String name, Object... options) throws IOException {
    Cli.json(place().finetune(options));
    double largest = 0;
    try (Safetensors adapter = Safetensors.open(out.resolve("adapter_model.safetensors"))) {
      for (String tensor : adapter.names()) {
        if (tensor.contains(name)) {
          double[] values = adapter.read(tensor, DataType.FLOAT64).toDoubles();
          largest = Math.max(largest, Arrays.stream(values).map(Math::abs).max().orElseThrow());
        }
      }
    }
    return largest;
  }

  @Test
  void trainsSingularValues() {
    long all = 2 * (4 * 16 + 3 * 16);
    JsonNode eight = Cli.json(place().finetune("--steps", 2, "--method", "svfit", "--rank", 8));
    assertThat(eight.get("trainable").longValue()).isEqualTo(all / 2);
    assertThat(Cli.json("inspect", out).get("trained")).isEqualTo(eight.get("trainable"));

    JsonNode most =
        Cli.json(place().finetune("--steps", 2, "--method", "svfit", "--option", "energy=0.99"));
    assertThat(most.get("trainable").longValue()).isBetween(all / 2, all - 1);
    assertThat(Cli.json("inspect", out).get("settings"))
        .isEqualTo(Cli.parse("{\"r\": null, \"energy\": 0.99, \"iterations\": null}"));

    assertThat(
            Cli.run(place().finetune("--method", "svfit", "--rank", 8, "--option", "energy=0.99"))
                .err())
        .contains("rank and energy exclude each other but were 8 and 0.99; leave one out");
  }

  @ParameterizedTest
  @ValueSource(strings = {"eva", "corda-ipm", "corda-kpm", "lora-ga"})
  void aStartThatLooksAtDataStaysEqualToTheBase(String method) throws IOException {
    JsonNode report =
        Cli.json(place().finetune("--steps", 1, "--valid", texts, "--rank", 2, "--method", method));

    JsonNode base = Cli.json("eval", "--model", model, "--data", texts);
    assertThat(report.get("valid_loss_before").doubleValue())
        .isCloseTo(base.get("loss").doubleValue(), within(1e-5));
    JsonNode adapted = Cli.json("eval", "--model", model, "--adapter", out, "--data", texts);
    assertThat(adapted.get("loss").doubleValue())
        .isCloseTo(report.get("valid_loss_after").doubleValue(), within(1e-9));
    assertThat(report.get("starts").get(0).get("energy").doubleValue()).isBetween(0.0, 1.0);
  }

  @Test
  void whatWasFoundOutIsUsedAgain() throws IOException {
    Path statistics = texts.resolveSibling("statistics.safetensors");
    Object[] look = {"--steps", 1, "--rank", 2, "--method", "lora-ga", "--statistics", statistics};
    Cli.json(place().finetune(look));
    byte[] first = Files.readAllBytes(out.resolve("adapter_model.safetensors"));
    assertThat(statistics).exists();
    out = out.resolveSibling("again");

    Cli.json(place().finetune(look));

    assertThat(out.resolve("adapter_model.safetensors")).hasBinaryContent(first);
  }

  @Test
  void settingsOfTheStartGoByTheirNames() throws IOException {
    Cli.json(place().finetune("--steps", 1, "--rank", 2, "--method", "eva", "--option", "rho=1"));

    JsonNode config = Cli.parse(Files.readString(out.resolve("adapter_config.json")));
    assertThat(config.get("eva_config").get("rho").doubleValue()).isEqualTo(1);
    assertThat(config.get("rank_pattern")).isEmpty();
  }

  @Test
  void tokensNeedNoTokenizer() throws IOException {
    Files.delete(model.resolve("tokenizer.json"));
    Files.writeString(texts, "{\"input_ids\": [1, 3, 4, 5]}\n");

    assertThat(Cli.json(place().finetune("--steps", 1)).get("train_loss_first").doubleValue())
        .isPositive();
  }

  @Test
  void whatBecameOfTheRowsIsSaidOnce() throws IOException {
    Files.writeString(
        texts, "{\"text\": \"a b c d e f g\", \"id\": 1}\n\n{\"text\": \"a b\"}\n[]\n");
    Cli run =
        Cli.run(place().finetune("--steps", 1, "--max-length", 5, "--skip-bad-lines", "--json"));

    assertThat(run.err())
        .containsOnlyOnce(
            texts
                + """
                : cut to the longest length: 1 of 2 examples; --max-length takes more, --too-long refuses or skips them
                  left out as no examples: 1
                  blank lines passed over: 1
                  keys that are not read: "id"
                """);
    String[] lines = run.out().strip().split("\n");
    JsonNode data = Cli.parse(lines[lines.length - 1]).get("data");
    assertThat(data.toString())
        .isEqualTo(
            "{\"examples\":2,\"cut\":1,\"left_out_as_too_long\":0,\"left_out_as_bad\":1,"
                + "\"blank_lines\":1,\"remarks\":[\"keys that are not read: \\\"id\\\"\"]}");
  }

  @Test
  void conversationsInPlainWordsAreLearnedAndGoneOnAlike() throws IOException {
    Files.writeString(
        texts,
        "{\"messages\": [{\"role\": \"user\", \"content\": \"a b\"},"
            + " {\"role\": \"assistant\", \"content\": \"c d\"}]}\n");
    assertThat(Cli.run(place().finetune("--steps", 1)).err())
        .contains("line 1: conversations need a chat template, and the model has none;");

    assertThat(Cli.run(place().finetune("--steps", 1, "--chat-template", "plain")).code()).isZero();

    Cli answer =
        Cli.run(
            "generate",
            "--model",
            model,
            "--adapter",
            out,
            "--prompt",
            "a b",
            "--max-tokens",
            2,
            "--chat",
            "--chat-template",
            "plain");
    assertThat(answer.code()).isZero();
  }

  @Test
  void tunesAStoryteller() {
    Path curves = Shared.require("golden/curves");
    JsonNode report =
        Cli.json(
            "finetune",
            "--model",
            Shared.require("data/stories260K-hf"),
            "--data",
            curves.resolve("train.jsonl"),
            "--valid",
            curves.resolve("valid.jsonl"),
            "--rank",
            8,
            "--steps",
            6,
            "--batch-size",
            16,
            "--max-length",
            128,
            "--lr",
            "5e-3",
            "--lr-schedule",
            "constant",
            "--clip",
            0,
            "--no-eos",
            "--out",
            out);

    assertThat(report.get("trainable").longValue()).isEqualTo(46_240);
    assertThat(report.get("valid_loss_before").doubleValue()).isCloseTo(4.8837, within(1e-4));
    assertThat(report.get("valid_loss_after").doubleValue()).isLessThan(4.3);
  }

  private double[] losses(Object... options) throws IOException {
    Path metrics = folder.resolve("metrics.jsonl");
    Cli.json(place().finetune(with(new Object[] {"--metrics", metrics}, options)));
    return Files.readAllLines(metrics).stream()
        .mapToDouble(line -> Cli.parse(line).get("loss").doubleValue())
        .toArray();
  }
}
