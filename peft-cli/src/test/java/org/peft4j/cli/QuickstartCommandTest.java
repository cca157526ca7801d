package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.Peft;
import org.peft4j.kernel.DataType;
import org.peft4j.transformers.checkpoint.Checkpoint;
import org.peft4j.transformers.decoder.DecoderForCausalLm;

class QuickstartCommandTest {

  @TempDir static Path folder;

  private static Cli programs;
  private static Cli people;

  @BeforeAll
  static void run() {
    programs = Cli.run("quickstart", "--json", "--steps", 6, "--out", folder.resolve("one"));
    people = Cli.run("quickstart", "--steps", 1, "--out", folder.resolve("two"));
  }

  @Test
  void endsWithOneObjectForPrograms() {
    assertThat(programs.code()).isZero();
    assertThat(programs.out().strip().lines()).hasSize(1);
    assertThat(json().fieldNames())
        .toIterable()
        .containsAll(
            List.of(
                "loss_before",
                "loss_after",
                "perplexity_before",
                "perplexity_after",
                "sample_before",
                "sample_after",
                "steps",
                "seconds",
                "seconds_per_step",
                "trainable",
                "total",
                "adapter",
                "adapter_bytes",
                "merged",
                "merged_max_difference"));
    assertThat(json().get("steps").asInt()).isEqualTo(6);
  }

  @Test
  void lowersTheLoss() {
    assertThat(json().get("loss_after").asDouble())
        .isLessThan(json().get("loss_before").asDouble());
  }

  @Test
  void leavesAnAdapterAndAPlainModelThatLoad() throws IOException {
    Path adapter = Path.of(json().get("adapter").asText());
    Path merged = Path.of(json().get("merged").asText());
    var model =
        (DecoderForCausalLm) Checkpoint.load(folder.resolve("one/model"), DataType.FLOAT32).model();

    assertThat(Peft.load(model, adapter).report().trainable())
        .isEqualTo(json().get("trainable").asLong());
    assertThat(Checkpoint.load(merged, DataType.FLOAT32).causalLm().vocabulary())
        .isEqualTo(model.vocabulary());
    assertThat(json().get("merged_max_difference").asDouble()).isLessThan(1e-3);
  }

  @Test
  void tellsPeopleWhatItDoesAndWhatToTryNext() {
    assertThat(people.code()).isZero();
    assertThat(people.out())
        .contains("Before training", "After training", "plain model", "What to try next")
        .contains("generate --model " + folder.resolve("two/model"));
    assertThat(people.out().lines()).noneMatch(line -> line.startsWith("{"));
  }

  @Test
  void clobbersNothing() throws IOException {
    Path mine = Files.createDirectories(folder.resolve("mine"));
    Files.writeString(mine.resolve("thesis.txt"), "mine");

    Cli refused = Cli.run("quickstart", "--out", mine);

    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err())
        .isEqualToIgnoringNewLines(
            "peft quickstart: --out " + mine + " is not empty; name a new folder");
    assertThat(mine).isDirectoryContaining("glob:**/thesis.txt");
  }

  private static JsonNode json() {
    return Cli.parse(programs.out());
  }
}
