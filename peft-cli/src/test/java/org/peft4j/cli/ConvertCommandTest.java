package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.peft4j.cli.Workplace.with;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.DataType;

class ConvertCommandTest {

  private static final int LAYERS = 14;

  /** Of float32 through all layers, which not every processor does alike. */
  private static final double ROUNDING = 3e-5;

  @TempDir Path folder;
  private Path model;
  private Path adapter;
  private Path out;
  private Workplace place;

  @BeforeEach
  void write() throws IOException {
    place = Workplace.in(folder);
    model = place.model();
    adapter = place.out();
    out = folder.resolve("lora");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--method lora --rank 4",
        "--method lora --rank 3 --option use_rslora=true --option lora_bias=true",
        "--method lora --rank 4 --init pissa",
        "--method lora --rank 4 --init olora --targets q_proj,down_proj --modules-to-save lm_head",
        "--method miss --rank 6",
        "--method miss --rank 4 --option init_weights=mini --option mini_r=2",
        "--method vera --rank 12",
        "--method svfit --rank 8",
        "--method svfit --option energy=0.9",
        "--method svfit --rank 3 --option iterations=2",
      })
  void givesTheSameScores(String method) throws IOException {
    tune((Object[]) method.split(" "));

    JsonNode report = convert();

    assertThat(report.get("max_error").doubleValue()).isLessThan(1e-5);
    assertThat(report.get("max_difference").doubleValue()).isLessThan(ROUNDING);
    assertThat(report.get("by_layer").size()).isEqualTo(report.get("layers").intValue());
    assertThat(scores(out)).containsExactly(scores(adapter), within((float) ROUNDING));
    assertThat(scores(out)).isNotEqualTo(scores(null));
    assertThat(Cli.json("inspect", out).get("method").textValue()).isEqualTo("lora");
  }

  @Test
  void saysWhichRanksItTook() {
    tune("--method", "miss", "--rank", "18");

    JsonNode report = convert();

    assertThat(report.get("out").textValue()).isEqualTo(out.toString());
    assertThat(report.get("layers").intValue()).isEqualTo(LAYERS);
    assertThat(report.get("rank_before").intValue()).isEqualTo(18);
    assertThat(report.get("rank_after").intValue()).isEqualTo(16);
    JsonNode first = report.get("by_layer").get(0);
    assertThat(first.get("path").textValue()).isEqualTo("model.layers.0.self_attn.q_proj");
    assertThat(first.get("before").intValue()).isEqualTo(18);
    assertThat(first.get("after").intValue()).isEqualTo(16);
    assertThat(first.get("error").doubleValue()).isLessThan(1e-6);
  }

  @Test
  void tellsPeopleBriefly() {
    tune("--method", "svfit", "--rank", "2");

    Cli run = Cli.run(command());

    assertThat(run.code()).isZero();
    assertThat(run.out().lines())
        .containsExactly(
            "out             " + out,
            "layers          14",
            "rank before     2",
            "rank after      2",
            "max error       0",
            run.out().lines().filter(line -> line.startsWith("max difference")).findFirst().get());
  }

  @Test
  void anUpdateOfFullRankComesNearerTheHigherTheRank() throws IOException {
    tune("--method", "bone", "--rank", "4");

    double before = 1;
    for (int rank : new int[] {1, 8}) {
      double error = convert("--rank", rank).get("max_error").doubleValue();
      assertThat(error).isPositive().isLessThan(before);
      before = error;
    }
    JsonNode full = convert("--rank", 20);
    assertThat(full.get("max_error").doubleValue()).isLessThan(1e-5);
    assertThat(full.get("max_difference").doubleValue()).isLessThan(1e-4);
    assertThat(full.get("rank_after").intValue()).isEqualTo(16);
    assertThat(scores(out)).containsExactly(scores(adapter), within(1e-4f));
  }

  @Test
  void toleratesWhatItIsToldTo() {
    tune("--method", "lora", "--rank", "8", "--init", "pissa");

    JsonNode fine = convert("--tolerance", 0);
    JsonNode coarse = convert("--tolerance", 0.5);

    assertThat(fine.get("rank_after").intValue()).isEqualTo(16);
    assertThat(coarse.get("rank_after").intValue()).isLessThan(16);
    assertThat(coarse.get("max_error").doubleValue()).isGreaterThan(0.01);
  }

  @Test
  void saysWhatToGiveWhereTheUpdateIsNoProduct() {
    tune("--method", "bone", "--rank", "4");

    refused(
        "adapter default is bone, whose update of model.layers.0.self_attn.q_proj [16, 16] is no"
            + " product of thin factors; to write the nearest one as LoRA, say which rank it may"
            + " have (--rank N)",
        command());
    assertThat(out).doesNotExist();
  }

  @Test
  void refusesWhatItCannotDo() {
    tune("--method", "lora", "--rank", "2");
    Object[] command = command();

    refused("--to must be lora but was dora", replaced(command, "lora", "dora"));
    refused("rank must be at least 1 but was 0", command("--rank", 0));
    refused("tolerance must be at least 0 and below 1 but was 1.0", command("--tolerance", 1));
    refused(
        "--out " + adapter + " is also --adapter; name another folder",
        replaced(command, out, adapter));
    refused(
        "--adapter DIR is missing: there is nothing to convert",
        "convert",
        "--model",
        model,
        "--to",
        "lora",
        "--out",
        out);
  }

  private static Object[] replaced(Object[] arguments, Object from, Object to) {
    return Arrays.stream(arguments).map(a -> a.equals(from) ? to : a).toArray();
  }

  private static void refused(String message, Object... arguments) {
    Cli.refused("peft convert: " + message, arguments);
  }

  private void tune(Object... method) {
    Cli.json(place.finetune(with(new Object[] {"--steps", 8, "--lr", "2e-2"}, method)));
  }

  private JsonNode convert(Object... options) {
    return Cli.json(command(options));
  }

  private Object[] command(Object... options) {
    List<Object> all = new ArrayList<>(List.of("convert", "--model", model, "--adapter", adapter));
    all.addAll(List.of("--to", "lora", "--out", out));
    all.addAll(Arrays.asList(options));
    return all.toArray();
  }

  /** Of the model with the adapter in this folder, or without one. */
  private float[] scores(Path of) throws IOException {
    Path file = folder.resolve("logits.safetensors");
    List<Object> all =
        new ArrayList<>(List.of("logits", "--model", model, "--tokens", "1,3,4,9", "--out", file));
    if (of != null) {
      all.addAll(List.of("--adapter", of));
    }
    Cli.json(all.toArray());
    try (Safetensors tensors = Safetensors.open(file)) {
      return tensors.read("logits", DataType.FLOAT32).toFloats();
    }
  }
}
