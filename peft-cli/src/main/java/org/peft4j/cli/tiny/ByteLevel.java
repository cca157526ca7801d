package org.peft4j.cli.tiny;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** GPT-2's way to write bytes as visible characters, so that tokens can stand in a JSON file. */
final class ByteLevel {

  private static final List<String> CHARACTERS = characters();

  private ByteLevel() {}

  /** The characters of the bytes 0 to 255. */
  static List<String> alphabet() {
    return CHARACTERS;
  }

  /** A text as the characters of its bytes. */
  static List<String> characters(String text) {
    List<String> characters = new ArrayList<>();
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      characters.add(CHARACTERS.get(Byte.toUnsignedInt(b)));
    }
    return characters;
  }

  /** Visible Latin-1 characters stand for themselves, other bytes for those from 256 on. */
  private static List<String> characters() {
    List<String> characters = new ArrayList<>();
    int next = 256;
    for (int b = 0; b < 256; b++) {
      boolean visible = b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xFF && b != 0xAD;
      characters.add(Character.toString(visible ? b : next++));
    }
    return List.copyOf(characters);
  }
}
