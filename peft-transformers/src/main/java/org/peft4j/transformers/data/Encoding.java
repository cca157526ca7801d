package org.peft4j.transformers.data;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * What a byte order mark says about a text.
 *
 * @param name for people
 * @param charset what it is read by; nothing if it is not read
 */
record Encoding(String name, int mark, Optional<Charset> charset) {

  static final Encoding UTF_8 = new Encoding("UTF-8", 0, Optional.of(StandardCharsets.UTF_8));

  private record Known(byte[] mark, Encoding encoding) {}

  /** UTF-32 goes first, as its mark begins with one of UTF-16. */
  private static final List<Known> KNOWN =
      List.of(
          known("UTF-8", Optional.of(StandardCharsets.UTF_8), 0xEF, 0xBB, 0xBF),
          known("UTF-32", Optional.empty(), 0xFF, 0xFE, 0, 0),
          known("UTF-32", Optional.empty(), 0, 0, 0xFE, 0xFF),
          known("UTF-16", Optional.of(StandardCharsets.UTF_16LE), 0xFF, 0xFE),
          known("UTF-16", Optional.of(StandardCharsets.UTF_16BE), 0xFE, 0xFF));

  private static Known known(String name, Optional<Charset> charset, int... mark) {
    byte[] bytes = new byte[mark.length];
    for (int i = 0; i < mark.length; i++) {
      bytes[i] = (byte) mark[i];
    }
    return new Known(bytes, new Encoding(name, mark.length, charset));
  }

  /** What the beginning of a file says; without a mark texts are UTF-8. */
  static Encoding of(byte[] start) {
    return KNOWN.stream()
        .filter(known -> BinaryFile.begins(start, known.mark()))
        .map(Known::encoding)
        .findFirst()
        .orElse(UTF_8);
  }

  boolean isUtf8() {
    return charset.equals(UTF_8.charset());
  }

  /** The text as UTF-8, without its mark. */
  InputStream utf8(InputStream bytes, Charset from) throws IOException {
    bytes.skipNBytes(mark);
    if (isUtf8()) {
      return bytes;
    }
    ByteBuffer all = ByteBuffer.wrap(bytes.readAllBytes());
    try {
      String text = from.newDecoder().decode(all).toString();
      return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    } catch (CharacterCodingException e) {
      throw new IOException("begins as " + name + " but is not; save it as UTF-8", e);
    }
  }
}
