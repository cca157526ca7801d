package org.peft4j.cli.tiny;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.KernelSets;
import org.peft4j.transformers.checkpoint.Checkpoint;
import org.peft4j.transformers.checkpoint.LoadedModel;
import org.peft4j.transformers.generate.Generator;
import org.peft4j.transformers.generate.Sampling;
import org.peft4j.transformers.text.Tokenizer;

class TinyModelTest {

  private static final Pattern STATED_LOSS = Pattern.compile("loss\\D+(\\d\\.\\d+)");

  @TempDir static Path folder;

  @BeforeAll
  static void unpack() throws IOException {
    TinyModel.unpack(folder);
  }

  @Test
  void predictsStoriesAsWellAsItsReadmeSays() throws IOException {
    assertThat(TinyModel.storyLoss(folder).loss()).isCloseTo(statedLoss(), within(0.02));
  }

  @Test
  void tellsStoriesThatEnd() throws IOException {
    LoadedModel loaded = Checkpoint.load(folder, DataType.FLOAT32);
    Generator generator = new Generator(loaded.causalLm(), KernelSets.forType(DataType.FLOAT32));
    try (Tokenizer tokenizer = Tokenizer.load(folder)) {
      String story = generator.generate(tokenizer, "Once upon a time", 200, Sampling.greedy());
      assertThat(story).startsWith(" there was a").endsWith(".");
      assertThat(story.split(" ")).hasSizeBetween(35, 90);
    }
  }

  @Test
  void isSmall() throws IOException {
    assertThat(Files.size(folder.resolve("model.safetensors"))).isLessThan(2 << 20);
  }

  @Test
  void overwritesNothing() {
    assertThatThrownBy(() -> TinyModel.unpack(folder))
        .isInstanceOf(FileAlreadyExistsException.class);
  }

  private static double statedLoss() throws IOException {
    try (InputStream readme = TinyModel.class.getResourceAsStream("model/README.md")) {
      String text = new String(readme.readAllBytes(), StandardCharsets.UTF_8);
      Matcher loss = STATED_LOSS.matcher(text);
      assertThat(loss.find()).as("a loss in the README").isTrue();
      return Double.parseDouble(loss.group(1));
    }
  }
}
