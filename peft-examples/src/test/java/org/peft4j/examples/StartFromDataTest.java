package org.peft4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.cli.tiny.ShipLogs;
import org.peft4j.cli.tiny.TinyModel;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.store.AdapterStore;

class StartFromDataTest {

  @TempDir Path folder;

  @Test
  void runs() throws IOException {
    Path model = folder.resolve("model");
    Path logs = folder.resolve("logs.jsonl");
    Path adapter = folder.resolve("adapter");
    TinyModel.unpack(model);
    ShipLogs.write(logs, 0, 100);

    StartFromData.main(model.toString(), logs.toString(), adapter.toString());

    AdapterSpec plain = AdapterStore.readSpec(adapter, AdapterSpec.DEFAULT_NAME);
    assertThat(plain.config().method()).isEqualTo("lora");
    assertThat(adapter).isDirectoryNotContaining("glob:**/adapter_start.safetensors");
  }
}
