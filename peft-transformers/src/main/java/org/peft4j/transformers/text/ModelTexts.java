package org.peft4j.transformers.text;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.peft4j.transformers.chat.ChatTemplate;
import org.peft4j.transformers.chat.Conversation;

/**
 * A model's tokenizer with the model's customs: what texts begin and end with. It is opened only
 * when text comes up; rows of token ids do without.
 */
public final class ModelTexts implements TextEncoder, TextDecoder, AutoCloseable {

  private final Path model;
  private final SpecialTokens special;
  private final TokenizerMarks marks;
  private Path tokens;
  private @Nullable Tokenizer opened;
  private boolean closed;

  /**
   * The texts of the model in that folder.
   *
   * @throws IOException if its settings cannot be read
   */
  public ModelTexts(Path model) throws IOException {
    this.model = model;
    this.tokens = model;
    this.special = SpecialTokens.read(model);
    this.marks = TokenizerMarks.read(model, special);
  }

  /**
   * From now on takes the tokenizer, and the chat template where there is one, from {@code folder}:
   * an adapter that brings more tokens brings both.
   */
  public void takeTokens(Path folder) {
    if (Files.exists(folder.resolve(Tokenizer.FILE_NAME))) {
      close();
      opened = null;
      tokens = folder;
    }
  }

  /** Where its tokenizer is from. */
  public Path tokens() {
    return tokens;
  }

  /** The ids of the tokens that stand for no text. */
  public SpecialTokens special() {
    return special;
  }

  /**
   * What texts begin with, to learn from, to classify and to continue: the token that the tokenizer
   * itself writes there, if it writes one.
   */
  public OptionalInt begin() {
    return marks.begin();
  }

  /** What texts to learn from end with, one of those at which generating ends. */
  public OptionalInt end() {
    return marks.end();
  }

  /**
   * How the model is used to having conversations written, if it says.
   *
   * @throws IOException if its template cannot be read
   */
  public Optional<ChatTemplate> chat() throws IOException {
    Optional<ChatTemplate> own = ChatTemplate.of(tokens);
    return own.isPresent() ? own : ChatTemplate.of(model);
  }

  @Override
  public int[] encode(String text) {
    return tokenizer().encode(text);
  }

  @Override
  public String decode(int... ids) {
    return tokenizer().decode(ids);
  }

  /** The tokens of a text to continue or to classify, begun as those it learned from. */
  public int[] prompt(String text) {
    return IntStream.concat(begin().stream(), IntStream.of(encode(text))).toArray();
  }

  /**
   * The tokens of a conversation that ends where the model is to speak, as the model was trained on
   * them. A chat template writes what begins a text itself, so nothing is put before it.
   *
   * @throws IllegalArgumentException if the template refuses the conversation
   */
  public int[] prompt(Conversation conversation, ChatTemplate template) {
    return encode(template.render(conversation, true));
  }

  /**
   * The model's chat template.
   *
   * @throws IOException if it cannot be read
   * @throws IllegalArgumentException if it has none
   */
  public ChatTemplate requireChat() throws IOException {
    return chat()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    model
                        + " has no chat template, neither chat_template.jinja nor chat_template in"
                        + " tokenizer_config.json; give one of your own with --chat-template, or"
                        + " ChatTemplate.read"));
  }

  /** What {@code ids} add to the text of {@code before}: alone, they might lose a first space. */
  public String continuation(int[] before, int[] ids) {
    String start = tokenizer().decode(before);
    String whole =
        tokenizer().decode(IntStream.concat(IntStream.of(before), IntStream.of(ids)).toArray());
    return whole.startsWith(start) ? whole.substring(start.length()) : tokenizer().decode(ids);
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (opened != null) {
      opened.close();
    }
  }

  private synchronized Tokenizer tokenizer() {
    if (closed) {
      throw new IllegalStateException("the tokenizer of the model in " + model + " is closed");
    }
    if (opened == null) {
      try {
        opened = Tokenizer.load(tokens);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return opened;
  }
}
