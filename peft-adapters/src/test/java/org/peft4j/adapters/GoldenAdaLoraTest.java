package org.peft4j.adapters;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.Golden;
import org.peft4j.testkit.Mlp;
import org.peft4j.train.AdamWSettings;
import org.peft4j.train.LearningRate;
import org.peft4j.train.Loss;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;

/** AdaLoRA computes what Hugging Face PEFT computed, and takes rank from where PEFT took it. */
class GoldenAdaLoraTest implements GoldenContract {

  @Override
  public Stream<GoldenCases<?>> cases() {
    return Stream.of(GoldenCases.mlp("adalora", 6e-6));
  }

  @Test
  void settlesOnPeftsTripletsInEveryStep(@TempDir Path folder) throws IOException {
    Golden golden = Golden.of("adalora", DataType.FLOAT32);
    Path start = withoutPenalty(golden.folder().resolve("adapter_init"), folder.resolve("start"));
    PeftModel<Mlp> model = Peft.load(Mlp.of(golden.base()), start);
    JsonNode patterns = json(golden.folder().resolve("golden.json")).get("rank_pattern");
    try (Trainer<Tensor> trainer = trainer(model, golden.tensor("target"))) {
      for (int step = 0; step < patterns.size(); step++) {
        trainer.computeGradients(golden.tensor("x"));
        trainer.applyGradients();
        model.save(folder);
        JsonNode pattern = json(folder.resolve("adapter_config.json")).get("rank_pattern");
        assertThat(pattern).as("step " + step).isEqualTo(ours(patterns.get(step)));
      }
    }
    assertThat(shapes(folder)).isEqualTo(shapes(golden.folder()));
  }

  private static Path withoutPenalty(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    String tensors = "adapter_model.safetensors";
    Files.copy(from.resolve(tensors), to.resolve(tensors));
    ObjectNode config = (ObjectNode) json(from.resolve("adapter_config.json"));
    config.put("orth_reg_weight", 0);
    Files.writeString(to.resolve("adapter_config.json"), config.toString());
    return to;
  }

  /** Within the run PEFT adds the adapter's name to the key, which it takes away for the file. */
  private static JsonNode ours(JsonNode inTheRun) throws IOException {
    return new ObjectMapper().readTree(inTheRun.toString().replace(".default", ""));
  }

  private static Trainer<Tensor> trainer(PeftModel<Mlp> model, Tensor target) {
    TrainingConfig config =
        new TrainingConfig(12, LearningRate.constant(1e-2), new AdamWSettings(0.01), 1, 0, 0);
    return new Trainer<>(
        model,
        (t, x) -> new Loss(t.meanSquaredError(model.model().forward(t, x), target), 1),
        config);
  }

  private static Map<String, Shape> shapes(Path folder) throws IOException {
    Map<String, Shape> shapes = new TreeMap<>();
    for (Map.Entry<String, Buffer> tensor : MlpRuns.tensors(folder).entrySet()) {
      shapes.put(tensor.getKey(), tensor.getValue().shape());
    }
    return shapes;
  }

  private static JsonNode json(Path file) throws IOException {
    return new ObjectMapper().readTree(file.toFile());
  }
}
