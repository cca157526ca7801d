package org.peft4j.transformers.data;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.peft4j.transformers.text.TextEncoder;

/** Small files, and a tokenizer whose tokens are the ASCII characters. */
final class ExampleFiles {

  static final int BOS = 1;
  static final int EOS = 2;
  static final TextEncoder ASCII = text -> text.chars().toArray();

  private ExampleFiles() {}

  static ExampleSettings settings(int maxLength) {
    return new ExampleSettings(maxLength, 128, OptionalInt.of(BOS), OptionalInt.of(EOS));
  }

  static Path write(Path folder, String name, String content) throws IOException {
    return write(folder, name, content.getBytes(StandardCharsets.UTF_8));
  }

  static Path write(Path folder, String name, byte[] content) throws IOException {
    return Files.write(folder.resolve(name), content);
  }

  static Rows<Example> read(Path file) throws IOException {
    return new ExampleReader(ASCII, settings(16)).read(file);
  }
}
