package org.peft4j.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;

class CheckedTensorsTest {

  private static final String FORMAT = "peft4j test 2";
  private static final Map<String, String> OTHERS =
      Map.of("peft4j test 1", "is too old", "", "is no test");
  private static final Map<String, String> TEXTS = Map.of("a", "1", "b.c", "ö \"two\"");

  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void write() throws IOException {
    file = folder.resolve("file.safetensors");
    new CheckedTensors(TEXTS, Map.of("x", tensor(1, 2), "y", tensor(3, 4, 5))).write(file, FORMAT);
  }

  @Test
  void readsWhatWasWritten() throws IOException {
    assertThat(read()).isEqualTo("{a=1, b.c=ö \"two\"} x [2] 1.0 2.0 y [3] 3.0 4.0 5.0");
  }

  @Test
  void noBitCanChangeUnnoticed() throws IOException {
    String written = read();
    byte[] bytes = Files.readAllBytes(file);
    for (int bit = 0; bit < 8 * bytes.length; bit++) {
      byte[] changed = bytes.clone();
      changed[bit / 8] ^= (byte) (1 << bit % 8);
      Files.write(file, changed);
      try {
        assertThat(read()).as("bit %d", bit).isEqualTo(written);
      } catch (AdapterFormatException e) {
        assertThat(e).as("bit %d", bit).hasMessageStartingWith(file.toString());
      }
    }
  }

  @Test
  void saysWhatIsWrong() throws IOException {
    changed("\"x\":{", "\"z\":{");
    assertThatThrownBy(this::read)
        .hasMessage(
            file
                + " has 2 problems:\n- is damaged: x is missing\n- is damaged: z was not written"
                + " there");
    write();
    changed("\"1\"", "\"3\"");
    assertThatThrownBy(this::read)
        .hasMessage(file + ": is damaged: its metadata do not fit their checksum");
    write();
    changed("test 2", "test 1");
    assertThatThrownBy(this::read).hasMessage(file + ": is too old");
    write();
    changed("test 2", "best 2");
    assertThatThrownBy(this::read).hasMessage(file + ": is no test");
    write();
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 1] ^= 1;
    Files.write(file, bytes);
    assertThatThrownBy(this::read).hasMessage(file + ": is damaged: y does not fit its checksum");
  }

  private void changed(String from, String to) throws IOException {
    String text = Files.readString(file, StandardCharsets.ISO_8859_1);
    assertThat(text).contains(from);
    Files.writeString(file, text.replace(from, to), StandardCharsets.ISO_8859_1);
  }

  private String read() throws IOException {
    try (CheckedTensors read = CheckedTensors.read(file, FORMAT, OTHERS)) {
      StringBuilder text = new StringBuilder(new TreeMap<>(read.texts()).toString());
      new TreeMap<>(read.tensors())
          .forEach(
              (name, tensor) -> {
                text.append(" " + name + " " + tensor.shape());
                for (double value : tensor.toDoubles()) {
                  text.append(" " + value);
                }
              });
      return text.toString();
    }
  }

  private static Buffer tensor(double... values) {
    Buffer tensor = Buffer.allocate(DataType.FLOAT32, Shape.of(values.length));
    tensor.put(values);
    return tensor;
  }
}
