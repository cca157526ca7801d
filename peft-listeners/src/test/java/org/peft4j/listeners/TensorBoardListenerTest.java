package org.peft4j.listeners;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.train.StopReason;

class TensorBoardListenerTest {

  private static final Clock CLOCK =
      Clock.fixed(Instant.ofEpochSecond(1_700_000_000, 250_000_000), ZoneOffset.UTC);

  @TempDir Path folder;

  /**
   * From RFC 3720, B.4, and from tensorboard/data/server/masked_crc.rs, which took it from
   * TensorFlow.
   */
  @Test
  void checksumsAreThoseOfTensorFlow() {
    byte[] zeros = new byte[32];
    byte[] version = "\u001a\u0011CRC test, one two".getBytes(StandardCharsets.ISO_8859_1);

    assertThat(RecordFile.maskedCrc(zeros, 0, 32))
        .isEqualTo(Integer.rotateRight(0x8a9136aa, 15) + 0xa282ead8);
    assertThat(RecordFile.maskedCrc(version, 0, version.length)).isEqualTo(0x5794d08a);
  }

  /** The first record of an event file of TensorFlow, from tensorboard/data/server/tf_record.rs. */
  @Test
  void aFileBeginsAsThoseOfTensorFlowDo() {
    HexFormat hex = HexFormat.of();
    long bits = Long.reverseBytes(Long.parseUnsignedLong("0000803899d6d741", 16));
    byte[] version = TensorBoardEvents.version(Double.longBitsToDouble(bits));

    assertThat(hex.formatHex(version))
        .isEqualTo(
            "09"
                + "0000803899d6d741"
                + "1a0d"
                + hex.formatHex("brain.Event:2".getBytes(StandardCharsets.US_ASCII)));
    assertThat(hex.formatHex(RecordFile.record(version)))
        .startsWith("1800000000000000" + "a37f4b22")
        .endsWith("124b36ab");
  }

  @Test
  void writesWhatTensorBoardReads() throws IOException {
    try (TensorBoardListener listener = new TensorBoardListener(folder, CLOCK)) {
      listener.onStart(Reports.start(0));
      listener.onStep(Reports.step(1, Map.of("accuracy", 0.25)));
      listener.onEvaluation(Reports.evaluation(1, Map.of("accuracy", 0.5)));
      listener.onEnd(Reports.end(StopReason.STEPS));
    }

    List<DynamicMessage> events = EventReader.read(onlyFile());
    assertThat(events).hasSize(4);
    assertThat(events).allMatch(event -> (double) get(event, "wall_time") == 1_700_000_000.25);
    assertThat(get(events.get(0), "file_version")).isEqualTo("brain.Event:2");
    assertThat(get(events.get(1), "step")).isEqualTo(1L);
    assertThat(get((DynamicMessage) get(events.get(1), "session_log"), "status"))
        .hasToString("START");
    assertThat(get(events.get(2), "step")).isEqualTo(1L);
    assertThat(scalars(events.get(2)))
        .containsExactly(
            Map.entry("train/loss", 4f),
            Map.entry("train/learning_rate", 1e-3f),
            Map.entry("train/grad_norm", 0.5f),
            Map.entry("train/tokens_per_second", 400f),
            Map.entry("train/epoch", 0.125f),
            Map.entry("train/accuracy", 0.25f));
    assertThat(scalars(events.get(3)))
        .containsExactly(
            Map.entry("eval/loss", 5f),
            Map.entry("eval/perplexity", (float) Math.exp(5)),
            Map.entry("eval/accuracy", 0.5f));
  }

  @Test
  void namesFilesAsTensorBoardExpects() throws IOException {
    try (TensorBoardListener listener = new TensorBoardListener(folder.resolve("a/b"), CLOCK)) {
      listener.onStart(Reports.start(0));
    }

    try (Stream<Path> files = Files.list(folder.resolve("a/b"))) {
      assertThat(files)
          .singleElement()
          .extracting(file -> file.getFileName().toString())
          .asString()
          .matches("events\\.out\\.tfevents\\.1700000000\\..+");
    }
  }

  @Test
  void goingOnAddsAFileThatTakesBackLaterSteps() throws IOException {
    for (int done : List.of(0, 4)) {
      try (TensorBoardListener listener = new TensorBoardListener(folder, CLOCK)) {
        listener.onStart(Reports.start(done));
        Reports.steps(listener, done + 1, done + 6);
      }
    }

    List<Path> files = files();
    assertThat(files).hasSize(2);
    List<DynamicMessage> second = EventReader.read(files.get(1));
    assertThat(get(second.get(1), "step")).isEqualTo(5L);
    assertThat(get((DynamicMessage) get(second.get(1), "session_log"), "status"))
        .hasToString("START");
    assertThat(get(second.get(2), "step")).isEqualTo(5L);
  }

  @Test
  void anEventIsThereAsSoonAsItsStepIsDone() throws IOException {
    try (TensorBoardListener listener = new TensorBoardListener(folder, CLOCK)) {
      listener.onStep(Reports.step(1));
      assertThat(EventReader.read(onlyFile())).hasSize(3);
      listener.onStep(Reports.step(2));
      assertThat(EventReader.read(onlyFile())).hasSize(4);
    }
  }

  @Test
  void writesOnAThreadThatHasBeenAskedToStop() throws IOException {
    Thread.currentThread().interrupt();
    try (TensorBoardListener listener = new TensorBoardListener(folder, CLOCK)) {
      Reports.steps(listener, 1, 2);
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }

    assertThat(EventReader.read(onlyFile())).hasSize(4);
  }

  @Test
  void namesTheFolderThatCannotBeWritten() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");

    assertThatThrownBy(() -> new TensorBoardListener(file, CLOCK).onStart(Reports.start(0)))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("cannot use " + file);
  }

  private Path onlyFile() throws IOException {
    assertThat(files()).hasSize(1);
    return files().get(0);
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }

  private static Map<String, Float> scalars(DynamicMessage event) {
    DynamicMessage summary = (DynamicMessage) get(event, "summary");
    Map<String, Float> scalars = new LinkedHashMap<>();
    for (Object value : (List<?>) get(summary, "value")) {
      DynamicMessage scalar = (DynamicMessage) value;
      scalars.put((String) get(scalar, "tag"), (Float) get(scalar, "simple_value"));
    }
    return scalars;
  }

  private static Object get(DynamicMessage message, String field) {
    FieldDescriptor descriptor = message.getDescriptorForType().findFieldByName(field);
    return message.getField(descriptor);
  }
}
