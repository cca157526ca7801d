package org.peft4j.transformers.data;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The lines of a file, one in memory at a time. Each is decoded by itself, so that a line that is
 * not UTF-8 can be named and passed over.
 */
final class Utf8Lines implements AutoCloseable {

  private static final String BYTE_ORDER_MARK = "\uFEFF";

  /** Latin-1 turns every byte into one character and back. */
  private final BufferedReader bytes;

  private @Nullable String current;
  private int number;

  Utf8Lines(Path file) throws IOException {
    bytes = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1);
  }

  /** Goes to the next line; false if there is none. */
  boolean advance() throws IOException {
    current = bytes.readLine();
    if (current == null) {
      return false;
    }
    number++;
    return true;
  }

  /** The number of the current line, from 1; at the end, the number of lines. */
  int number() {
    return number;
  }

  /** The current line without its end. */
  String text() throws BadLineException {
    if (current == null) {
      throw new IllegalStateException("advance() to a line before asking for its text");
    }
    String text = decode(current.getBytes(StandardCharsets.ISO_8859_1));
    return number == 1 && text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
  }

  @Override
  public void close() throws IOException {
    bytes.close();
  }

  private static String decode(byte[] line) throws BadLineException {
    try {
      // A new decoder refuses what String's constructor would silently replace.
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(line)).toString();
    } catch (CharacterCodingException e) {
      throw new BadLineException("is not UTF-8");
    }
  }
}
