package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.peft4j.cli.Workplace.with;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What was learned is kept, and what was there before is not written over. */
class NothingLostTest {

  @TempDir Path folder;
  private Path model;
  private Path texts;
  private Path out;

  @BeforeEach
  void write() throws IOException {
    Workplace fresh = Workplace.in(folder).savingTo(folder.resolve("runs/adapter"));
    model = fresh.model();
    texts = fresh.texts();
    out = fresh.out();
  }

  /** As the fields say by now: some tests have another model, other texts or another place. */
  private Workplace place() {
    return new Workplace(folder, model, texts, out);
  }

  @ParameterizedTest
  @CsvSource({"INT, 130, false", "TERM, 143, false", "INT, 130, true"})
  void aPlainTrainingThatIsInterruptedLeavesWhatItLearned(
      String signal, int code, boolean withoutCheckpoints) throws Exception {
    Object[] unending = tune("--steps", 1_000_000);
    Process process =
        place().process(withoutCheckpoints ? with(unending, "--no-checkpoints") : unending);
    awaitStep(process);
    kill(process, signal);

    assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).as(place().log()).isEqualTo(code);
    Path checkpoint = onlyCheckpoint();
    int step = Integer.parseInt(checkpoint.getFileName().toString().substring(11));
    assertThat(place().log())
        .contains(
            "interrupted after step %d; what was learned is kept in %s"
                .formatted(step, checkpoint));
    assertThat(evaluated(checkpoint)).as("usable as it is").isTrue();

    Cli again = Cli.run(tune("--steps", step + 3));
    assertThat(again.code()).isEqualTo(2);
    assertThat(again.err())
        .contains(
            checkpoint + " is there already, from a training that did not end; go on from it");
    JsonNode report = Cli.json(tune("--steps", step + 3, "--resume"));
    assertThat(report.get("steps").intValue()).isEqualTo(3);
    assertThat(out.resolve("checkpoints")).doesNotExist();
  }

  @Test
  void whoAsksTwiceIsNotKeptWaiting() throws Exception {
    Process process = place().process(tune("--steps", 1_000_000, "--batch-size", 12));
    awaitStep(process);
    kill(process, "INT");
    kill(process, "INT");

    assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).isEqualTo(130);
  }

  @Test
  void checkpointsThatComeByTimeGoWhenTheAdapterIsThere() throws IOException {
    byte[] plain = trained("--steps", 40, "--no-checkpoints");

    Cli run = Cli.run(tune("--steps", 40, "--checkpoint-every", "0.01s"));

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(Files.readAllBytes(out.resolve("adapter_model.safetensors"))).isEqualTo(plain);
    assertThat(out.resolve("checkpoints")).doesNotExist();
  }

  @Test
  void checkpointsThatWereAskedForStay() {
    Cli.json(tune("--steps", 2, "--checkpoints", folder.resolve("kept")));

    assertThat(folder.resolve("kept/checkpoint-2")).isDirectory();
  }

  @Test
  void aTrainingThatFailsLeavesWhatItLearned() {
    Cli run = Cli.run(tune("--steps", 40, "--lr", "1e20", "--clip", 0));

    assertThat(run.code()).isEqualTo(1);
    assertThat(out.resolve("adapter_model.safetensors")).doesNotExist();
    assertThat(run.err()).contains("is not finite");
  }

  @Test
  void listenersThatFailAreToldAndTheAdapterIsSaved() throws IOException {
    Path plot = folder.resolve("plots/loss.png");
    Path events = folder.resolve("events");
    Object[] options = tune("--steps", 3, "--plot", plot, "--tensorboard", events, "--json");
    // What was proved before training may no longer be so.
    Cli run = Cli.run(with(options, "--metrics", folder.resolve("m.csv")));
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(plot).isNotEmptyFile();

    Files.delete(plot);
    Files.createDirectory(plot);
    assertThat(Cli.run(options).err()).contains("--plot " + plot + " is a folder; name a file");
  }

  @Test
  void anAdapterIsNotSavedOverWhatPeftHasNotWritten() throws IOException {
    Path readme = Files.createDirectories(out).resolve("README.md");
    Files.writeString(readme, "my notes");

    Cli.refused(
        "peft finetune: --out %s holds what peft has not written (README.md); name a new or empty folder"
            .formatted(out),
        tune("--steps", 1));

    assertThat(readme).hasContent("my notes");
  }

  @Test
  void anAdapterOfPeftIsSavedOverAndItsCardOnlyIfItIsOurs() throws IOException {
    Cli.json(tune("--steps", 1));
    byte[] first = Files.readAllBytes(out.resolve("adapter_model.safetensors"));
    Cli.json(tune("--steps", 2));
    assertThat(Files.readAllBytes(out.resolve("adapter_model.safetensors"))).isNotEqualTo(first);

    Files.writeString(out.resolve("README.md"), "my notes");
    assertThat(Cli.run(tune("--steps", 1)).err()).contains("holds what peft has not written");
    Cli run =
        Cli.run(
            "finetune",
            "--model",
            model,
            "--data",
            texts,
            "--steps",
            1,
            "--adapter",
            out,
            "--out",
            out);
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(out.resolve("README.md")).hasContent("my notes");
  }

  @Test
  void filesOfOthersAreNotReplaced() {
    Cli.refused(
        "peft finetune: --metrics %s holds something else than metrics, which would be lost; name another file"
            .formatted(texts),
        tune("--metrics", texts));
    Path weights = model.resolve("model.safetensors");
    Cli.refused(
        "peft logits: --out %s holds something else than logits, which would be lost; name another file"
            .formatted(weights),
        "logits",
        "--model",
        model,
        "--tokens",
        "1",
        "--out",
        weights);
    Path data = folder.resolve("texts.png");
    assertThat(texts.toFile().renameTo(data.toFile())).isTrue();
    texts = data;
    Cli.refused(
        "peft finetune: --plot %s holds something else than a picture, which would be lost; name another file"
            .formatted(data),
        tune("--plot", data));
  }

  @Test
  void foldersOfFilesAreMade() {
    Path scores = folder.resolve("a/b/scores.safetensors");
    Path metrics = folder.resolve("c/d/metrics.csv");

    Cli.json("logits", "--model", model, "--tokens", "1,2", "--out", scores);
    Cli.json(tune("--steps", 1, "--metrics", metrics));

    assertThat(scores).isNotEmptyFile();
    assertThat(metrics).isNotEmptyFile();
  }

  @Test
  void provingLeavesNothingBehind() {
    Path nowhere = folder.resolve("nothing.jsonl");
    Cli run = Cli.run(tune("--data", nowhere, "--tensorboard", folder.resolve("x/y")));

    assertThat(run.code()).isEqualTo(2);
    assertThat(out.getParent()).doesNotExist();
    assertThat(folder.resolve("x")).doesNotExist();
  }

  @Test
  void devicesAreNoFiles() {
    Cli.refused(
        "peft finetune: --metrics /dev/null is no ordinary file; name one",
        tune("--metrics", "/dev/null"));
  }

  private Object[] tune(Object... options) {
    return place().finetune(ranked(options));
  }

  private byte[] trained(Object... options) throws IOException {
    return place().trained(ranked(options));
  }

  private static Object[] ranked(Object... options) {
    return with(new Object[] {"--rank", 4}, options);
  }

  private boolean evaluated(Path adapter) {
    Cli run = Cli.run("eval", "--model", model, "--adapter", adapter, "--data", texts);
    return run.code() == 0;
  }

  private void awaitStep(Process process) throws Exception {
    while (!place().log().contains("step 1 of ")) {
      assertThat(process.isAlive()).as(place().log()).isTrue();
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  private static void kill(Process process, String signal) throws Exception {
    new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();
  }

  private Path onlyCheckpoint() throws IOException {
    try (Stream<Path> entries = Files.list(out.resolve("checkpoints"))) {
      List<Path> all = entries.toList();
      assertThat(all).hasSize(1);
      return all.get(0);
    }
  }
}
