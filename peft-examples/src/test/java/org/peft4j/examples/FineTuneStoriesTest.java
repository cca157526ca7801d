package org.peft4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.cli.tiny.ShipLogs;
import org.peft4j.cli.tiny.TinyModel;

class FineTuneStoriesTest {

  @TempDir Path folder;

  @Test
  void runs() throws IOException {
    Path model = folder.resolve("model");
    Path logs = folder.resolve("logs.jsonl");
    Path adapter = folder.resolve("adapter");
    TinyModel.unpack(model);
    ShipLogs.write(logs, 0, 100);

    FineTuneStories.main(
        model.toString(), logs.toString(), adapter.toString(), "Day seven at sea.");

    assertThat(adapter).isDirectoryContaining("glob:**/adapter_model.safetensors");
  }
}
