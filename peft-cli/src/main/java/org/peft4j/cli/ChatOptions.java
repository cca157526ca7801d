package org.peft4j.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.peft4j.transformers.chat.ChatTemplate;
import org.peft4j.transformers.chat.Conversation;
import org.peft4j.transformers.chat.Message;
import org.peft4j.transformers.text.ModelTexts;
import picocli.CommandLine.Option;

/** Whether a prompt is what a user says in a conversation. */
@Heading("Conversations")
final class ChatOptions {

  @Option(
      names = "--chat",
      description =
          "Take the prompt for what a user says, written as the model's chat template has it.")
  private boolean chat;

  @Uses.With("--chat")
  @Option(
      names = "--system",
      paramLabel = "TEXT",
      description = "With --chat: what frames the conversation.")
  private @Nullable String system;

  @Uses.With("--chat")
  @Option(
      names = "--chat-template",
      paramLabel = "FILE",
      description =
          "With --chat: a Jinja template, or plain for plain words. Default: the model's own.")
  private @Nullable Path template;

  void check() {
    if (template != null) {
      TemplateFile.check(template);
    }
  }

  boolean isAsked() {
    return chat;
  }

  /** The tokens that the model is to continue. */
  int[] start(String prompt, ModelTexts texts, Path model) throws IOException {
    if (!chat) {
      return texts.prompt(prompt);
    }
    List<Message> messages = new ArrayList<>();
    if (system != null) {
      messages.add(Message.system(system));
    }
    messages.add(Message.user(prompt));
    ChatTemplate used = template == null ? texts.requireChat() : TemplateFile.read(template, model);
    return texts.prompt(Conversation.of(messages), used);
  }
}
