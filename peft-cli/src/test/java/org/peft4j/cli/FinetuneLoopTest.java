package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.peft4j.cli.Workplace.with;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code peft finetune} does around its steps. */
class FinetuneLoopTest {

  private static final String[] WITH_DROPOUT = {
    "--rank", "4", "--dropout", "0.1", "--batch-size", "5", "--lr", "1e-2", "--weight-decay", "0.1"
  };

  @TempDir Path folder;
  private Path model;
  private Path texts;
  private Path out;
  private Workplace place;
  private Path checkpoints;

  @BeforeEach
  void write() throws IOException {
    place = Workplace.in(folder);
    model = place.model();
    texts = place.texts();
    out = place.out();
    checkpoints = folder.resolve("checkpoints");
  }

  @Test
  void aResumedRunEndsWithTheSameBytes() throws IOException {
    byte[] unbroken = trained("--steps", 9);
    trained("--steps", 9, "--checkpoints", checkpoints, "--checkpoint-every", 4);
    delete(checkpoints.resolve("checkpoint-9"));
    delete(checkpoints.resolve("checkpoint-8"));

    JsonNode report =
        Cli.json(
            tune("--steps", 9, "--checkpoints", checkpoints, "--checkpoint-every", 4, "--resume"));

    assertThat(report.get("steps").intValue()).isEqualTo(5);
    assertThat(Workplace.bytes(out)).isEqualTo(unbroken);
    assertThat(Workplace.bytes(checkpoints.resolve("checkpoint-9"))).isEqualTo(unbroken);
  }

  @Test
  void whoAsksTheProcessToEndFindsACheckpoint() throws Exception {
    Object[] forever = tune("--steps", 1_000_000, "--checkpoints", checkpoints);
    Process process = place.process(forever);
    while (!Files.exists(checkpoints.resolve("checkpoint-100"))) {
      assertThat(process.isAlive()).isTrue();
      TimeUnit.MILLISECONDS.sleep(5);
    }
    process.destroy();
    assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();

    int last = lastCheckpoint();
    assertThat(last).isGreaterThanOrEqualTo(100);
    assertThat(out).doesNotExist();
    assertThat(place.log())
        .contains("what was learned is kept in " + checkpoints.resolve("checkpoint-" + last))
        .contains("--resume goes on from there");
    JsonNode report = Cli.json(tune("--steps", last + 3, "--checkpoints", checkpoints, "--resume"));
    assertThat(report.get("steps").intValue()).isEqualTo(3);
  }

  @Test
  void refusesToGoOnWithSomethingElse() {
    Cli.json(tune("--steps", 2, "--checkpoints", checkpoints));

    Cli again = Cli.run(tune("--steps", 2, "--checkpoints", checkpoints));
    assertThat(again.code()).isEqualTo(2);
    assertThat(again.err()).contains("checkpoint-2 is there already; resume from it");

    Cli other = Cli.run(tune("--steps", 4, "--checkpoints", checkpoints, "--resume", "--alpha", 3));
    assertThat(other.code()).isEqualTo(2);
    assertThat(other.err())
        .contains("checkpoint-2 is of another training:\n  adapter default: LoraConfig[rank=4");
  }

  @Test
  void measuresOnTheWayAndKeepsTheBest() throws IOException {
    JsonNode report =
        Cli.json(
            tune(
                "--steps",
                12,
                "--valid",
                texts,
                "--eval-every",
                3,
                "--keep-best",
                "--lr",
                "3",
                "--clip",
                0));

    int best = report.get("best_step").intValue();
    assertThat(best).isIn(3, 6, 9, 12);
    double after = report.get("valid_loss_after").doubleValue();
    JsonNode shorter = Cli.json(tune("--steps", 12, "--valid", texts, "--lr", "3", "--clip", 0));
    assertThat(after).isLessThanOrEqualTo(shorter.get("valid_loss_after").doubleValue());
  }

  @Test
  void stopsEarly() {
    JsonNode report =
        Cli.json(
            tune(
                "--steps",
                500,
                "--valid",
                texts,
                "--eval-every",
                1,
                "--early-stopping",
                2,
                "--early-stopping-change",
                5));

    assertThat(report.get("ended_by").textValue()).isEqualTo("patience");
    assertThat(report.get("steps").intValue()).isEqualTo(3);
  }

  @Test
  void packedAndGroupedRunsSeeTheSameExamples() {
    Object[] epoch = {"--epochs", 1, "--lr", "1e-9", "--batch-size", 3, "--dropout", 0};
    double tokens = tokens(epoch);

    assertThat(tokens(with(epoch, "--packing"))).isEqualTo(tokens);
    assertThat(tokens(with(epoch, "--group-by-length"))).isEqualTo(tokens);
  }

  private double tokens(Object... options) {
    Path metrics = folder.resolve("metrics.jsonl");
    Cli.json(tune(with(options, "--metrics", metrics)));
    try {
      return Files.readAllLines(metrics).stream()
          .mapToDouble(line -> Cli.parse(line).get("tokens").doubleValue())
          .sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void tellsHowMuchMemoryTrainingTakesAndRefusesTooMuch() {
    assertThat(Cli.run(tune("--steps", 1)).err()).contains("memory: ", " for a step");

    Object[] large = {"--batch-size", 1000, "--memory-limit", 1};
    Cli refused = Cli.run(tune(large));
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err())
        .contains("MiB more memory")
        .contains("but 1 MiB are there; lower the batch size or the length");
  }

  @Test
  void checkpointingActivationsGivesTheSameBytes() throws IOException {
    byte[] plain = trained("--steps", 5);

    assertThat(trained("--steps", 5, "--activation-checkpointing")).isEqualTo(plain);
  }

  @Test
  void stopsWhenTheTimeIsUp() {
    JsonNode report = Cli.json(tune("--steps", 1_000_000, "--time-limit", "1s"));

    assertThat(report.get("ended_by").textValue()).isEqualTo("time");
    assertThat(out).isDirectoryContaining("glob:**adapter_model.safetensors");
  }

  @ParameterizedTest
  @ValueSource(strings = {"adagrad", "adamax", "amsgrad", "nadam", "nesterovs", "rmsprop", "sgd"})
  void trainsWithTheUpdatersOfNd4j(String optimizer) {
    JsonNode report = Cli.json(tune("--steps", 20, "--optimizer", optimizer, "--lr", "2e-2"));

    assertThat(report.get("train_loss_last").doubleValue())
        .isLessThan(report.get("train_loss_first").doubleValue());
  }

  @Test
  void countsTheStepsItLeavesOut() {
    Cli run = Cli.run(tune("--steps", 3, "--lr", "1e30", "--clip", 0, "--skip-faults", 1));

    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err())
        .contains("; 2 such steps in a row, of which the fault policy leaves out 1")
        .contains("try a lower learning rate than");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --eval-every 3 | --eval-every is of no use without --valid
          --packing --group-by-length | --packing and --group-by-length exclude each other; leave one out
          --keep-best | --keep-best is of no use without --eval-every
          --no-checkpoints --checkpoint-every 5 | --checkpoint-every is of no use with --no-checkpoints; leave one out
          --checkpoint-every soon | must be a number of steps, or a time such as 90s or 10m, but was soon
          --time-limit soon | must be such as 90s, 30m or 1h30m but was soon
          --warmup lots | must be a number of steps, or such as 5%, but was lots
          --lr-schedule square | must be constant, linear, cosine, cosine_with_restarts or polynomial but was square
          --lr-schedule linear:2 | linear takes no number but got 2
          --lr-schedule polynomial:0 | power must be above 0 but was 0.0
          --optimizer lion | must be adamw or one of ND4J's [adagrad, adamax, amsgrad, nadam, nesterovs, rmsprop, sgd] but was lion
          --skip-faults -1 | --skip-faults must be at least 0 but was -1
          --checkpoint-every 0 | --checkpoint-every must be at least 1 but was 0
          """)
  void saysWhatIsWrong(String options, String message) {
    Cli run = Cli.run(tune((Object[]) options.split(" ")));

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains(message);
  }

  private Object[] tune(Object... options) {
    return place.finetune(usual(options));
  }

  /** With what the others are measured by, unless the options say otherwise. */
  private static Object[] usual(Object... options) {
    List<Object> all = new ArrayList<>();
    for (int i = 0; i < WITH_DROPOUT.length; i += 2) {
      if (!Arrays.asList(options).contains(WITH_DROPOUT[i])) {
        all.add(WITH_DROPOUT[i]);
        all.add(WITH_DROPOUT[i + 1]);
      }
    }
    return with(all.toArray(), options);
  }

  private byte[] trained(Object... options) throws IOException {
    return place.trained(usual(options));
  }

  private int lastCheckpoint() throws IOException {
    try (Stream<Path> entries = Files.list(checkpoints)) {
      return entries
          .map(path -> path.getFileName().toString())
          .filter(name -> name.startsWith("checkpoint-"))
          .mapToInt(name -> Integer.parseInt(name.substring("checkpoint-".length())))
          .max()
          .orElse(0);
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }
}
