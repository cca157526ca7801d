package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.init.PissaStart;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.testkit.StoppedFiles;
import org.peft4j.transformers.llama.TinyLlama;

/** The files of an adapter on their way onto a model. */
class AdapterFilesTest {

  @TempDir Path directory;

  private final StoppedFiles files = new StoppedFiles(Integer.MAX_VALUE, false);

  private static AdapterSpec moved() {
    return new AdapterSpec(new LoraConfig(2, 4), TargetModules.allLinear())
        .startedBy(new PissaStart());
  }

  @Test
  void aClassifierOpensEachOnce() throws IOException {
    Path base = new TinyLlama().writeTo(directory.resolve("base"));
    Path adapter = directory.resolve("adapter");
    try (TextClassifier classifier = TextClassifier.load(base, "good", "bad")) {
      classifier.adapt(moved());
      classifier.save(adapter);
    }

    TextClassifier.load(base, files.path(adapter)).close();

    assertThat(files.opened())
        .containsExactlyInAnyOrder(
            "adapter_config.json",
            "adapter_model.safetensors",
            "adapter_start.safetensors",
            "labels.json");
  }

  @Test
  void aLanguageModelOpensEachOnce() throws IOException {
    Path base = new TinyLlama().writeTo(directory.resolve("base"));
    Path adapter = directory.resolve("adapter");
    try (LanguageModel model = LanguageModel.load(base)) {
      model.adapt(moved());
      model.save(adapter);
    }

    try (LanguageModel model = LanguageModel.load(base)) {
      model.adapt(files.path(adapter));
    }

    assertThat(files.opened())
        .containsExactlyInAnyOrder(
            "adapter_config.json", "adapter_model.safetensors", "adapter_start.safetensors");
  }
}
