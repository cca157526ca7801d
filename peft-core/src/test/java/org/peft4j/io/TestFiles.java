package org.peft4j.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Safetensors files made by hand, right or wrong. */
final class TestFiles {

  private TestFiles() {}

  /** The header padded with spaces so that the data after it is aligned. */
  static Path safetensors(Path file, String header, byte[] data) throws IOException {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    byte[] padded =
        header.concat(" ".repeat((8 - json.length % 8) % 8)).getBytes(StandardCharsets.UTF_8);
    return raw(file, padded.length, padded, data);
  }

  static Path raw(Path file, long headerBytes, byte[] header, byte[] data) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(8 + header.length + data.length);
    bytes.order(ByteOrder.LITTLE_ENDIAN).putLong(headerBytes).put(header).put(data);
    return Files.write(file, bytes.array());
  }
}
