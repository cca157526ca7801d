package org.peft4j.transformers.data;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a text holds, by how it begins, and by the ending of its name where that does not tell. */
final class FileLooks {

  private static final Pattern JSON = Pattern.compile("\\s*(\\[\\s*)?\\{\\s*[\"}]");

  private FileLooks() {}

  static FileKind of(Path path, byte[] start) {
    String name = DataFile.name(path);
    boolean lines = name.endsWith(".jsonl") || name.endsWith(".ndjson");
    String text = new String(start, StandardCharsets.UTF_8);
    Matcher json = JSON.matcher(text);
    if (json.lookingAt()) {
      boolean values = json.group(1) != null || (!lines && isBroken(text.stripLeading()));
      return values ? FileKind.VALUES : FileKind.LINES;
    }
    return lines ? FileKind.LINES : named(name);
  }

  private static FileKind named(String name) {
    String ending = name.substring(name.lastIndexOf('.') + 1);
    return switch (ending) {
      case "json" -> FileKind.VALUES;
      case "csv" -> FileKind.COMMAS;
      case "tsv" -> FileKind.TABS;
      default -> FileKind.PLAIN;
    };
  }

  /** Whether an object goes on after its first line. */
  private static boolean isBroken(String text) {
    int end = text.indexOf('\n');
    return end >= 0 && end < text.stripTrailing().length() && !Json.isWhole(text.substring(0, end));
  }
}
