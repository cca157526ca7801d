package org.peft4j.transformers.data;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The lines of a text, one in memory at a time. Each is decoded by itself, so that a line that is
 * not UTF-8 can be named and passed over.
 */
final class Utf8Lines {

  static final String NOT_UTF_8 =
      "is not UTF-8 but perhaps Latin-1 or Windows-1252; save the file as UTF-8";

  /** Latin-1 turns every byte into one character and back. */
  private final BufferedReader bytes;

  private @Nullable String current;
  private int number;

  Utf8Lines(InputStream text) {
    bytes = new BufferedReader(new InputStreamReader(text, StandardCharsets.ISO_8859_1));
  }

  /** A reader of the whole that stops at what is not UTF-8. */
  static Reader strict(InputStream text) {
    return new InputStreamReader(text, StandardCharsets.UTF_8.newDecoder());
  }

  /** Names the first line that is not UTF-8; a reader of the whole is already beyond it. */
  static ExampleFormatException notUtf8(Path file) throws IOException {
    try (DataFile again = DataFile.open(file, false)) {
      Utf8Lines lines = new Utf8Lines(again.text());
      while (lines.advance() && lines.isUtf8()) {}
      return new ExampleFormatException(
          "%s: line %d: %s".formatted(file, lines.number(), NOT_UTF_8));
    }
  }

  private boolean isUtf8() {
    try {
      return text() != null;
    } catch (BadLineException e) {
      return false;
    }
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

  /** Whether the current line has nothing but spaces. */
  boolean isBlank() {
    return current().isBlank();
  }

  /** The current line without its end. */
  String text() throws BadLineException {
    return decode(current().getBytes(StandardCharsets.ISO_8859_1));
  }

  private String current() {
    if (current == null) {
      throw new IllegalStateException("advance() to a line before asking for its text");
    }
    return current;
  }

  private static String decode(byte[] line) throws BadLineException {
    try {
      // A new decoder refuses what String's constructor would silently replace.
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(line)).toString();
    } catch (CharacterCodingException e) {
      throw new BadLineException(NOT_UTF_8);
    }
  }
}
