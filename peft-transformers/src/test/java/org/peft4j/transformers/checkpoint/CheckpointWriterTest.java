package org.peft4j.transformers.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.kernel.DataType;
import org.peft4j.transformers.llama.TinyLlama;

/** A model is written whole and over nothing, or not at all. */
class CheckpointWriterTest {

  private static final String GATE = "model.layers.1.mlp.gate_proj.weight";

  @TempDir Path directory;
  private Path model;
  private Path saved;

  @BeforeEach
  void places() throws IOException {
    model = directory.resolve("model");
    saved = directory.resolve("saved");
  }

  @Test
  void whatFloat16CannotHoldIsRefusedBeforeAnythingIsWritten() throws IOException {
    TinyLlama large = new TinyLlama();
    large.tensor(GATE).floats().put(12 * 7 + 5, 70_000);
    LoadedModel loaded = load(large);

    assertThatThrownBy(() -> Checkpoint.save(loaded.model(), loaded, saved, DataType.FLOAT16))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "nothing was written: tensor "
                + GATE
                + " holds 70000.0 at [7, 5], which is not finite as F16; store the model as BF16 or"
                + " F32 (merge --dtype bf16)");
    assertThat(saved).doesNotExist();

    Checkpoint.save(loaded.model(), loaded, saved, DataType.BFLOAT16);
    assertThat(Checkpoint.load(saved, DataType.FLOAT32).storedType()).isEqualTo(DataType.BFLOAT16);
  }

  @Test
  void nothingIsWrittenOverWhatIsThere() throws IOException {
    LoadedModel loaded = load(new TinyLlama());
    Files.createDirectories(saved);
    Files.writeString(saved.resolve("notes.txt"), "mine");

    assertThatThrownBy(() -> Checkpoint.save(loaded.model(), loaded, saved))
        .hasMessage(saved + " is not empty; name a new folder");
    assertThatThrownBy(() -> Checkpoint.save(loaded.model(), loaded, saved.resolve("notes.txt")))
        .hasMessage(saved.resolve("notes.txt") + " is a file; name a new folder");
    assertThat(saved.resolve("notes.txt")).hasContent("mine");
    assertThat(saved.resolve("config.json")).doesNotExist();
  }

  @Test
  void noFileIsCopiedThroughALinkThatLeadsOut() throws IOException {
    LoadedModel loaded = load(new TinyLlama());
    Path secret = Files.writeString(directory.resolve("secret"), "key");
    Files.createSymbolicLink(model.resolve("vocab.json"), secret);

    assertThatThrownBy(() -> Checkpoint.save(loaded.model(), loaded, saved))
        .isInstanceOf(AdapterFormatException.class)
        .hasMessage(
            model.resolve("vocab.json")
                + ": is a link out of the model's folder, to "
                + secret.toRealPath()
                + ", and is not copied; put the file in its place");
    assertThat(saved).doesNotExist();
  }

  @Test
  void linksWithinTheFolderAndIntoTheBlobsOfACacheAreFollowed() throws IOException {
    model = directory.resolve("cache/snapshots/abc");
    LoadedModel loaded = load(new TinyLlama());
    Path blob = Files.createDirectories(directory.resolve("cache/blobs")).resolve("1");
    Files.writeString(blob, "{\"a\":1}");
    Files.createSymbolicLink(model.resolve("vocab.json"), blob);
    Files.createSymbolicLink(model.resolve("added_tokens.json"), model.resolve("vocab.json"));

    Checkpoint.save(loaded.model(), loaded, saved);

    assertThat(saved.resolve("vocab.json")).hasContent("{\"a\":1}").isRegularFile();
    assertThat(Files.isSymbolicLink(saved.resolve("added_tokens.json"))).isFalse();
  }

  @Test
  @Timeout(60)
  void aPipeIsNotCopied() throws Exception {
    LoadedModel loaded = load(new TinyLlama());
    Path pipe = model.resolve("merges.txt");
    assumeTrue(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() == 0);

    assertThatThrownBy(() -> Checkpoint.save(loaded.model(), loaded, saved))
        .hasMessage(pipe + ": is a pipe, a device or a socket but must be a plain file");
    assertThat(saved).doesNotExist();
  }

  @Test
  void whatCouldNotBeWrittenWholeIsTakenAway() throws IOException {
    LoadedModel loaded = load(new TinyLlama());
    Files.writeString(model.resolve("vocab.json"), "{}");
    Files.createDirectories(saved);
    assumeTrue(saved.toFile().setWritable(false) && !Files.isWritable(saved), "root may write");

    assertThatThrownBy(() -> Checkpoint.save(loaded.model(), loaded, saved))
        .isInstanceOf(IOException.class);
    try (Stream<Path> left = Files.list(saved)) {
      assertThat(left).isEmpty();
    }
  }

  private LoadedModel load(TinyLlama tiny) throws IOException {
    return Checkpoint.load(tiny.writeTo(model), DataType.FLOAT32);
  }
}
