package org.peft4j.cli;

import java.io.IOException;
import java.nio.file.Path;
import org.peft4j.transformers.chat.ChatTemplate;
import org.peft4j.transformers.data.PlainChat;

/** What {@code --chat-template} names: a file, or plain words. */
final class TemplateFile {

  private static final String PLAIN_WORDS = "plain";

  private TemplateFile() {}

  static void check(Path named) {
    if (!isPlain(named)) {
      Places.file("--chat-template", named);
    }
  }

  static ChatTemplate read(Path named, Path model) throws IOException {
    return isPlain(named) ? PlainChat.TEMPLATE : ChatTemplate.read(named, model);
  }

  private static boolean isPlain(Path named) {
    return named.toString().equals(PLAIN_WORDS);
  }
}
