package org.peft4j.transformers.chat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.peft4j.transformers.jinja.JinjaText;

/**
 * Turns conversations into the text that a chat model was trained on, to the character as Hugging
 * Face's {@code apply_chat_template} does, or refuses them. Rendered by {@link
 * org.peft4j.transformers.jinja}, which bounds what a template may take. May be shared by threads.
 */
public final class ChatTemplate {

  private static final String USUAL = "default";
  private static final String WITH_TOOLS = "tool_use";
  private static final String TOOLS = "tools";

  private final String place;
  private final Map<String, Variant> variants;
  private final Map<String, Object> tokens;

  private ChatTemplate(String place, Map<String, Variant> variants, Map<String, Object> tokens) {
    this.place = place;
    this.variants = variants;
    this.tokens = tokens;
  }

  /**
   * A template of your own.
   *
   * @param source the Jinja text
   * @param tokens special tokens by the names that templates have for them, such as {@code
   *     eos_token}
   * @throws IllegalArgumentException if it has something in it that cannot be rendered here
   */
  public static ChatTemplate of(String source, Map<String, String> tokens) {
    return own("the chat template", source, Map.copyOf(tokens));
  }

  /**
   * The template in that file, with the special tokens of the model in {@code model}.
   *
   * @throws IOException if one of both cannot be read
   * @throws IllegalArgumentException if it has something in it that cannot be rendered here
   */
  public static ChatTemplate read(Path file, Path model) throws IOException {
    return own(file.toString(), Files.readString(file), new ModelTemplates(model).tokens());
  }

  private static ChatTemplate own(String place, String source, Map<String, ?> tokens) {
    Variant variant = new Variant(place, source);
    variant.requireReadable();
    return new ChatTemplate(place, Map.of(USUAL, variant), Map.copyOf(tokens));
  }

  /**
   * The template of the model in that folder: {@code chat_template.jinja}, or what {@code
   * tokenizer_config.json} says. Of several the one called {@code default} is used, or {@code
   * tool_use} where a conversation has tools. One that cannot be used is refused when it is.
   *
   * @throws IOException if a file cannot be read
   */
  public static Optional<ChatTemplate> of(Path model) throws IOException {
    ModelTemplates templates = new ModelTemplates(model);
    Map<String, Variant> variants = templates.variants();
    return variants.isEmpty()
        ? Optional.empty()
        : Optional.of(new ChatTemplate(model.toString(), variants, templates.tokens()));
  }

  /**
   * The text of a conversation.
   *
   * @param asking whether the text ends where the model is to speak
   * @throws IllegalArgumentException if the template refuses the conversation or cannot be rendered
   */
  public String render(List<Message> conversation, boolean asking) {
    return render(Conversation.of(conversation), asking);
  }

  /** The text of a conversation with tools, documents and other variables. */
  public String render(Conversation conversation, boolean asking) {
    return rendered(conversation, asking, LocalDateTime.now()).text();
  }

  /**
   * The text of a conversation in parts, what the model says apart from all else. A template that
   * has {@code {% generation %}} tells the parts itself; of another it is found out by rendering
   * the beginning of the conversation up to each turn of the model and including it.
   *
   * @throws IllegalArgumentException if the template refuses the conversation, or writes a turn in
   *     another way once it has been answered
   */
  public List<Piece> pieces(List<Message> conversation) {
    return pieces(Conversation.of(conversation));
  }

  /** The parts of a conversation with tools, documents and other variables. */
  public List<Piece> pieces(Conversation conversation) {
    LocalDateTime now = LocalDateTime.now();
    JinjaText whole = rendered(conversation, false, now);
    Variant variant = variant(conversation);
    return variant.marksWords()
        ? new MarkedWords(variant.place(), conversation, whole).pieces()
        : new FoundWords(variant.place(), conversation, whole.text())
            .pieces((part, asking) -> rendered(part, asking, now).text());
  }

  private JinjaText rendered(Conversation conversation, boolean asking, LocalDateTime now) {
    Map<String, @Nullable Object> variables = new LinkedHashMap<>();
    variables.put(TOOLS, null);
    variables.put("documents", null);
    variables.putAll(tokens);
    variables.putAll(conversation.variables());
    variables.put("messages", conversation.messages().stream().map(Message::fields).toList());
    variables.put("add_generation_prompt", asking);
    return variant(conversation).render(variables, now);
  }

  private Variant variant(Conversation conversation) {
    boolean tools = conversation.variables().get(TOOLS) != null;
    Variant variant = variants.get(tools && variants.containsKey(WITH_TOOLS) ? WITH_TOOLS : USUAL);
    if (variant == null) {
      throw new IllegalArgumentException(
          ("%s has the chat templates %s but none called default; write the one to use to a file and"
                  + " give it with --chat-template, or to ChatTemplate.read")
              .formatted(place, String.join(", ", variants.keySet())));
    }
    return variant;
  }
}
