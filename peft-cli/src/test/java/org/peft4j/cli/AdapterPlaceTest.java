package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.transformers.LanguageModel;

/** An adapter that cannot be saved where it is wanted is saved somewhere else. */
class AdapterPlaceTest {

  @TempDir Path folder;
  private LanguageModel model;

  @BeforeEach
  void adapt() throws IOException {
    model = LanguageModel.load(TinyModel.write(folder.resolve("model")));
    model.adapt(new LoraConfig(2, 4));
  }

  @Test
  void isKeptBesideIt() throws IOException {
    Path out = Files.writeString(folder.resolve("adapter"), "a file in the way");

    assertThatThrownBy(() -> new AdapterPlace(out).save(model.peft()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(out.toString())
        .hasMessageEndingWith(
            "; the adapter is kept in " + folder.resolve("adapter-kept") + " instead");

    assertThat(folder.resolve("adapter-kept/adapter_model.safetensors")).isNotEmptyFile();
    assertThat(new AdapterPlace(out).elsewhere(model.peft()))
        .hasValue(folder.resolve("adapter-kept-2"));
  }

  @Test
  void isKeptAmongTemporaryFilesWhereNothingCanBeBesideIt() throws IOException {
    Path out = Files.writeString(folder.resolve("file"), "").resolve("adapter");

    Path kept = new AdapterPlace(out).elsewhere(model.peft()).orElseThrow();

    try {
      assertThat(kept.getParent()).isEqualTo(Path.of(System.getProperty("java.io.tmpdir")));
      assertThat(kept.resolve("adapter_model.safetensors")).isNotEmptyFile();
    } finally {
      for (String name :
          new String[] {"adapter_model.safetensors", "adapter_config.json", "README.md"}) {
        Files.delete(kept.resolve(name));
      }
      Files.delete(kept);
    }
  }

  @Test
  void isSavedThoughTheThreadIsInterrupted() throws IOException {
    Path out = folder.resolve("adapter");
    Thread.currentThread().interrupt();

    new AdapterPlace(out).save(model.peft());

    assertThat(Thread.interrupted()).isTrue();
    assertThat(out.resolve("adapter_model.safetensors")).isNotEmptyFile();
  }
}
