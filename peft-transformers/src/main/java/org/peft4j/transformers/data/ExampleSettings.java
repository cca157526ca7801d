package org.peft4j.transformers.data;

import java.io.IOException;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.peft4j.transformers.chat.ChatTemplate;
import org.peft4j.transformers.text.ModelTexts;

/**
 * What reading must know about the model and its tokenizer, and how rows are to be taken.
 *
 * @param maxLength the longest example in tokens, special tokens included; at least 2, because the
 *     first token is never predicted
 * @param vocabulary number of tokens the model knows
 * @param bounds where texts begin and end
 * @param rules how rows are taken
 * @param chat how the model is used to having conversations written; without one they are refused
 */
public record ExampleSettings(
    int maxLength, int vocabulary, TextBounds bounds, RowRules rules, Optional<ChatTemplate> chat) {

  public ExampleSettings {
    if (maxLength < 2) {
      throw new IllegalArgumentException("maxLength must be at least 2 but was " + maxLength);
    }
    if (vocabulary < 1) {
      throw new IllegalArgumentException("vocabulary must be at least 1 but was " + vocabulary);
    }
    requireKnown("bos", bounds.bos(), vocabulary);
    requireKnown("eos", bounds.eos(), vocabulary);
    Objects.requireNonNull(rules, "rules");
  }

  /** Settings that refuse a file with bad lines. */
  public ExampleSettings(int maxLength, int vocabulary, OptionalInt bos, OptionalInt eos) {
    this(maxLength, vocabulary, new TextBounds(bos, eos, true), new RowRules(), Optional.empty());
  }

  /**
   * Reading texts to learn from as a model is used to.
   *
   * @param texts of the model
   * @param maxLength the longest example in tokens
   * @param vocabulary number of tokens the model knows
   * @throws IOException if the model's chat template cannot be read
   */
  public static ExampleSettings of(ModelTexts texts, int maxLength, int vocabulary)
      throws IOException {
    ExampleSettings settings =
        new ExampleSettings(maxLength, vocabulary, texts.begin(), texts.end());
    return texts.chat().map(settings::with).orElse(settings);
  }

  /** These settings for conversations that are written so. */
  public ExampleSettings with(ChatTemplate chat) {
    return new ExampleSettings(maxLength, vocabulary, bounds, rules, Optional.of(chat));
  }

  /**
   * These settings with conversations in plain words for who speaks, for models that know no other.
   */
  public ExampleSettings inPlainWords() {
    return with(PlainChat.TEMPLATE);
  }

  /** These settings with nothing that ends texts and completions. */
  public ExampleSettings withoutEos() {
    TextBounds open = new TextBounds(bounds.bos(), bounds.eos(), false);
    return new ExampleSettings(maxLength, vocabulary, open, rules, chat);
  }

  /** These settings with rows taken so. */
  public ExampleSettings with(RowRules rules) {
    return new ExampleSettings(maxLength, vocabulary, bounds, rules, chat);
  }

  /** These settings for rows with other keys. */
  public ExampleSettings with(Columns columns) {
    return with(new RowRules(badLines(), tooLong(), columns, ignored(), format()));
  }

  /** These settings with that policy. */
  public ExampleSettings with(TooLong tooLong) {
    return with(new RowRules(badLines(), tooLong, columns(), ignored(), format()));
  }

  /** These settings with that policy. */
  public ExampleSettings with(BadLines badLines) {
    return with(new RowRules(badLines, tooLong(), columns(), ignored(), format()));
  }

  /** These settings with rows taken as these, whatever else they could be. */
  public ExampleSettings with(RowFormat format) {
    return with(new RowRules(badLines(), tooLong(), columns(), ignored(), Optional.of(format)));
  }

  /** These settings with these keys passed over. */
  public ExampleSettings ignoring(Set<String> keys) {
    return with(new RowRules(badLines(), tooLong(), columns(), keys, format()));
  }

  /** What to do about lines that are no examples. */
  public BadLines badLines() {
    return rules.badLines();
  }

  /** What to do about texts that are longer. */
  public TooLong tooLong() {
    return rules.tooLong();
  }

  /** Keys that go by other names. */
  public Columns columns() {
    return rules.columns();
  }

  /** Keys to pass over. */
  public Set<String> ignored() {
    return rules.ignored();
  }

  /** What rows are to be taken as. */
  public Optional<RowFormat> format() {
    return rules.format();
  }

  boolean knows(int token) {
    return token >= 0 && token < vocabulary;
  }

  private static void requireKnown(String name, OptionalInt token, int vocabulary) {
    token.ifPresent(
        id -> {
          if (id < 0 || id >= vocabulary) {
            throw new IllegalArgumentException(
                "%s must be between 0 and %d but was %d".formatted(name, vocabulary - 1, id));
          }
        });
  }
}
