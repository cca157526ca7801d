package org.peft4j.cli.fuzz;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Damages files, the same way for the same random numbers. */
final class Mutation {

  private static final Pattern WORDS =
      Pattern.compile(
          "\"(?:[^\"\\\\]++|\\\\.)*+\"|-?\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?|true|false|null");

  private static final List<String> VALUES =
      List.of(
          "0",
          "-1",
          "1",
          "2147483647",
          "2147483648",
          "-9223372036854775809",
          "1e400",
          "1e-320",
          "-0.0",
          "NaN",
          "0.5",
          "null",
          "true",
          "[]",
          "{}",
          "\"\"",
          "\"x\"",
          "\"model.layers.0\"",
          "[[[[[[[[]]]]]]]]",
          "{\"a\":[1,null]}",
          "9".repeat(1200),
          "\"" + "y".repeat(5000) + "\"",
          "\"(.*)(.*)(.*)(.*)(.*)(.*)X\"",
          "\"\\uD800\"",
          "\"../../x\"");

  private final Random random;

  Mutation(long seed) {
    random = new Random(seed);
  }

  /** A file with one to three faults. */
  byte[] of(byte[] file, boolean startsWithLength) {
    byte[] result = file;
    for (int faults = 1 + random.nextInt(3); faults > 0; faults--) {
      result = startsWithLength && random.nextInt(3) > 0 ? header(result) : plain(result);
    }
    return result;
  }

  private byte[] plain(byte[] file) {
    return isText(file) && random.nextInt(3) > 0 ? word(file) : bytes(file);
  }

  private static boolean isText(byte[] file) {
    return file.length > 0 && file[0] >= ' ';
  }

  /** Damages the JSON at the beginning of a safetensors file, whose length stays right. */
  private byte[] header(byte[] file) {
    if (file.length < 8) {
      return bytes(file);
    }
    long length = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (length < 0 || length > file.length - 8) {
      return bytes(file);
    }
    int end = 8 + (int) length;
    byte[] json = plain(Arrays.copyOfRange(file, 8, end));
    return ByteBuffer.allocate(8 + json.length + file.length - end)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .put(file, end, file.length - end)
        .array();
  }

  /** Puts something else where JSON has a string, a number or a word; or another of its words. */
  private byte[] word(byte[] file) {
    String text = new String(file, StandardCharsets.ISO_8859_1);
    List<MatchResult> words = WORDS.matcher(text).results().toList();
    if (words.isEmpty()) {
      return bytes(file);
    }
    MatchResult old = words.get(random.nextInt(words.size()));
    String other =
        random.nextInt(4) == 0
            ? words.get(random.nextInt(words.size())).group()
            : VALUES.get(random.nextInt(VALUES.size()));
    return (text.substring(0, old.start()) + other + text.substring(old.end()))
        .getBytes(StandardCharsets.ISO_8859_1);
  }

  private byte[] bytes(byte[] file) {
    if (file.length == 0) {
      return new byte[] {(byte) random.nextInt()};
    }
    int place = random.nextInt(file.length);
    int end = Math.min(file.length, place + 1 + random.nextInt(64));
    return switch (random.nextInt(6)) {
      case 0 -> flipped(file, place);
      case 1 -> Arrays.copyOf(file, place);
      case 2 -> joined(file, place, end);
      case 3 -> joined(file, end, place);
      case 4 -> set(file, place, (byte) random.nextInt());
      default -> set(file, place, (byte) "\"{}[]:,\n\0".charAt(random.nextInt(9)));
    };
  }

  private byte[] flipped(byte[] file, int place) {
    return set(file, place, (byte) (file[place] ^ 1 << random.nextInt(8)));
  }

  private static byte[] set(byte[] file, int place, byte value) {
    byte[] result = file.clone();
    result[place] = value;
    return result;
  }

  /** All up to {@code end} and all from {@code begin}: something is missing, or there twice. */
  private static byte[] joined(byte[] file, int end, int begin) {
    byte[] result = Arrays.copyOf(file, end + file.length - begin);
    System.arraycopy(file, begin, result, end, file.length - begin);
    return result;
  }
}
