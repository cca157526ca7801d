package org.peft4j.transformers.tokenizer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Base64;
import java.util.BitSet;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * A table of what SentencePiece replaces by what: a double array (Aoe 1989) of 32-bit units that
 * ends in places within a text of replacements, each ended by a zero. The library follows it
 * without looking where it leads, so every unit that can be reached is looked at here.
 */
final class Charsmap {

  private static final int BYTE_VALUES = 256;

  private final int[] units;
  private final byte[] texts;

  private Charsmap(int[] units, byte[] texts) {
    this.units = units;
    this.texts = texts;
  }

  static void check(Part charsmap) {
    if (charsmap.isMissing()) {
      charsmap.problem("is missing");
      return;
    }
    Charsmap read = read(charsmap.text());
    if (read == null || !read.isSound()) {
      charsmap.problem("is damaged: it is no table of SentencePiece");
    }
  }

  private static @Nullable Charsmap read(String text) {
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      return null;
    }
    ByteBuffer data = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    long size = bytes.length < Integer.BYTES ? -1 : Integer.toUnsignedLong(data.getInt());
    if (size <= 0 || size > data.remaining() || size % Integer.BYTES != 0) {
      return null;
    }
    int[] units = new int[(int) size / Integer.BYTES];
    data.asIntBuffer().get(units);
    return new Charsmap(units, Arrays.copyOfRange(bytes, Integer.BYTES + (int) size, bytes.length));
  }

  private boolean isSound() {
    if (!isText()) {
      return false;
    }
    BitSet seen = new BitSet(units.length);
    Deque<Integer> next = new ArrayDeque<>();
    int root = offset(units[0]);
    next.push(root);
    while (!next.isEmpty()) {
      int node = next.pop();
      // Whatever byte comes next, its place is looked at before it is compared.
      if (node < 0 || (node | BYTE_VALUES - 1) >= units.length) {
        return false;
      }
      if (!seen.get(node)) {
        seen.set(node);
        for (int c = 1; c < BYTE_VALUES; c++) {
          int unit = units[node ^ c];
          if (label(unit) == c && !follow(node ^ c, unit, next)) {
            return false;
          }
        }
      }
    }
    return true;
  }

  private boolean follow(int place, int unit, Deque<Integer> next) {
    int node = place ^ offset(unit);
    next.push(node);
    if (!hasLeaf(unit)) {
      return true;
    }
    return node >= 0 && node < units.length && isReplacement(units[node] & Integer.MAX_VALUE);
  }

  /** Whether a replacement begins there and ends. */
  private boolean isReplacement(int start) {
    if (start >= texts.length || (texts[start] & 0xc0) == 0x80) {
      return false;
    }
    for (int i = start; i < texts.length; i++) {
      if (texts[i] == 0) {
        return true;
      }
    }
    return false;
  }

  private boolean isText() {
    try {
      CharBuffer decoded = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(texts));
      return decoded.length() > 0;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  private static boolean hasLeaf(int unit) {
    return (unit >>> 8 & 1) == 1;
  }

  private static int label(int unit) {
    return unit & (1 << 31 | 0xff);
  }

  private static int offset(int unit) {
    return unit >>> 10 << ((unit & 1 << 9) >>> 6);
  }
}
