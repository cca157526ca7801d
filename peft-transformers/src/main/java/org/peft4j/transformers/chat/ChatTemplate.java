package org.peft4j.transformers.chat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.peft4j.io.AdapterFormatException;

/**
 * Turns conversations into the text that a chat model was trained on, as Hugging Face's {@code
 * apply_chat_template} does: a Jinja template, rendered with blocks trimmed on both sides.
 *
 * <p>Rendered by Jinjava. Unlike Jinja2 it prints booleans as {@code true} and nothing for {@code
 * none}, cannot multiply strings, knows no steps in slices but {@code [::-1]}, passes over the
 * {@code else} of a loop, and what a loop sets is seen after it. {@code for ... if}, {@code
 * loop.previtem} and {@code loop.nextitem} are refused. May be shared by threads.
 */
public final class ChatTemplate {

  static final String FILE_NAME = "chat_template.jinja";

  /** From the private use area, which no text has. */
  private static final String GUARD = "\uE0A3";

  private static final String CONFIG = "tokenizer_config.json";
  private static final List<String> TOKENS =
      List.of("bos_token", "eos_token", "pad_token", "unk_token");

  private final String source;
  private final Map<String, String> tokens;
  private final String place;
  private final Rendering rendering = new Rendering();

  private ChatTemplate(String source, Map<String, String> tokens, String place) {
    this.source = source.endsWith("\n") ? source.substring(0, source.length() - 1) : source;
    this.tokens = tokens;
    this.place = place;
    rendering.requireReadable(place, this.source);
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
    return new ChatTemplate(source, Map.copyOf(tokens), "the chat template");
  }

  /**
   * The template in that file, with the special tokens of the model in {@code model}.
   *
   * @throws IOException if one of both cannot be read
   */
  public static ChatTemplate read(Path file, Path model) throws IOException {
    return new ChatTemplate(Files.readString(file), tokens(config(model)), file.toString());
  }

  /**
   * The template of the model in that folder: {@code chat_template.jinja}, or what {@code
   * tokenizer_config.json} says; of several there the one called {@code default}.
   *
   * @throws IOException if a file cannot be read
   */
  public static Optional<ChatTemplate> of(Path model) throws IOException {
    Path file = model.resolve(FILE_NAME);
    if (Files.exists(file)) {
      return Optional.of(read(file, model));
    }
    JsonNode config = config(model);
    JsonNode written = config.path("chat_template");
    Optional<String> source =
        written.isTextual() ? Optional.of(written.textValue()) : named(written);
    return source.map(
        text -> new ChatTemplate(text, tokens(config), model.resolve(CONFIG).toString()));
  }

  private static Optional<String> named(JsonNode several) {
    for (JsonNode one : several) {
      if (one.path("name").asText().equals("default")) {
        return Optional.of(one.path("template").asText());
      }
    }
    return Optional.empty();
  }

  private static JsonNode config(Path model) throws IOException {
    Path file = model.resolve(CONFIG);
    if (!Files.exists(file)) {
      return new ObjectMapper().createObjectNode();
    }
    try {
      return new ObjectMapper().readTree(Files.readAllBytes(file));
    } catch (JsonProcessingException e) {
      throw new AdapterFormatException(file, "is not JSON: " + e.getOriginalMessage());
    }
  }

  private static Map<String, String> tokens(JsonNode config) {
    Map<String, String> tokens = new LinkedHashMap<>();
    for (String name : TOKENS) {
      JsonNode token = config.path(name);
      JsonNode text = token.isObject() ? token.path("content") : token;
      if (text.isTextual()) {
        tokens.put(name, text.textValue());
      }
    }
    return tokens;
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

  /** The same with tools, documents and other variables. */
  public String render(Conversation conversation, boolean asking) {
    return withoutMarks(marked(conversation, asking));
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

  /** The same with tools, documents and other variables. */
  public List<Piece> pieces(Conversation conversation) {
    String marked = marked(conversation, false);
    return marked.indexOf(GenerationTag.BEGIN) >= 0
        ? byMarks(marked)
        : byBeginnings(conversation, marked);
  }

  private static List<Piece> byMarks(String marked) {
    List<Piece> pieces = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < marked.length(); i++) {
      char mark = marked.charAt(i);
      if (mark == GenerationTag.BEGIN || mark == GenerationTag.END) {
        add(pieces, marked.substring(from, i), mark == GenerationTag.END);
        from = i + 1;
      }
    }
    add(pieces, marked.substring(from), false);
    return pieces;
  }

  private List<Piece> byBeginnings(Conversation conversation, String whole) {
    List<Piece> pieces = new ArrayList<>();
    int end = 0;
    for (int i = 0; i < conversation.messages().size(); i++) {
      Message message = conversation.messages().get(i);
      if (message.isAssistant()) {
        String asked = render(conversation.before(i), true);
        int answered = common(render(conversation.before(i + 1), false), whole);
        requireWhole(i, message, whole, asked, answered);
        add(pieces, whole.substring(end, asked.length()), false);
        add(pieces, whole.substring(asked.length(), answered), message.learned());
        end = answered;
      }
    }
    add(pieces, whole.substring(end), false);
    return pieces;
  }

  private void requireWhole(int turn, Message message, String whole, String asked, int answered) {
    boolean prefix = whole.startsWith(asked) && answered >= asked.length();
    String said = prefix ? whole.substring(asked.length(), answered) : "";
    if (!prefix || !said.contains(message.content().strip())) {
      throw new IllegalArgumentException(
          ("%s writes turn %d in another way once the conversation goes on, so it cannot be told what"
                  + " the model says; mark that with {%% generation %%} in a template of your own, or"
                  + " end conversations there")
              .formatted(place, turn + 1));
    }
  }

  private static void add(List<Piece> pieces, String text, boolean said) {
    if (!text.isEmpty()) {
      pieces.add(new Piece(text, said));
    }
  }

  private static int common(String one, String other) {
    int length = 0;
    int most = Math.min(one.length(), other.length());
    while (length < most && one.charAt(length) == other.charAt(length)) {
      length++;
    }
    return length;
  }

  private String marked(Conversation conversation, boolean asking) {
    Map<String, Object> variables = new LinkedHashMap<>(tokens);
    variables.putAll(conversation.variables());
    variables.put("messages", conversation.messages().stream().map(ChatTemplate::fields).toList());
    variables.put("add_generation_prompt", asking);
    try {
      return rendering.render(source, variables).replace(GUARD, "");
    } catch (TemplateRefusal e) {
      throw new IllegalArgumentException(place + " refuses it: " + e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(place + " cannot be rendered: " + e.getMessage(), e);
    }
  }

  private static Map<String, Object> fields(Message message) {
    Map<String, Object> fields = new LinkedHashMap<>(message.fields());
    fields.computeIfPresent(
        "content", (key, content) -> content instanceof String text ? guarded(text) : content);
    return fields;
  }

  /** Jinjava takes the text "false" for false, so that a template may leave such a message out. */
  private static String guarded(String content) {
    String word = content.strip();
    return word.equalsIgnoreCase("false")
        ? content.replace(word, word.charAt(0) + GUARD + word.substring(1))
        : content;
  }

  private static String withoutMarks(String marked) {
    return marked
        .replace(String.valueOf(GenerationTag.BEGIN), "")
        .replace(String.valueOf(GenerationTag.END), "");
  }
}
