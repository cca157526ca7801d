package org.peft4j.transformers.data;

import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.peft4j.transformers.CausalLm;
import org.peft4j.transformers.SpecialTokens;
import org.peft4j.transformers.chat.ChatTemplate;

/**
 * What reading must know about the model and its tokenizer.
 *
 * @param maxLength the longest example in tokens, special tokens included; at least 2, because the
 *     first token is never predicted
 * @param vocabulary number of tokens the model knows
 * @param bos the token that begins a sequence; without one sequences begin with their text
 * @param eos the token that ends a completion; without one completions just stop
 * @param badLines what to do about lines that are no examples
 * @param tooLong what to do about texts that are longer
 * @param columns keys that go by other names than those of the formats
 * @param chat how the model is used to having conversations written; without one they are written
 *     in plain words
 */
public record ExampleSettings(
    int maxLength,
    int vocabulary,
    OptionalInt bos,
    OptionalInt eos,
    BadLines badLines,
    TooLong tooLong,
    Columns columns,
    Optional<ChatTemplate> chat) {

  public ExampleSettings {
    if (maxLength < 2) {
      throw new IllegalArgumentException("maxLength must be at least 2 but was " + maxLength);
    }
    if (vocabulary < 1) {
      throw new IllegalArgumentException("vocabulary must be at least 1 but was " + vocabulary);
    }
    requireKnown("bos", bos, vocabulary);
    requireKnown("eos", eos, vocabulary);
    Objects.requireNonNull(badLines, "badLines");
  }

  /** Settings that refuse a file with bad lines. */
  public ExampleSettings(int maxLength, int vocabulary, OptionalInt bos, OptionalInt eos) {
    this(
        maxLength,
        vocabulary,
        bos,
        eos,
        BadLines.FAIL,
        TooLong.CUT,
        Columns.AS_NAMED,
        Optional.empty());
  }

  /** The same for conversations that are written so. */
  public ExampleSettings with(ChatTemplate chat) {
    return new ExampleSettings(
        maxLength, vocabulary, bos, eos, badLines, tooLong, columns, Optional.of(chat));
  }

  /** The same for rows with other keys. */
  public ExampleSettings with(Columns columns) {
    return new ExampleSettings(maxLength, vocabulary, bos, eos, badLines, tooLong, columns, chat);
  }

  /** The same with that policy. */
  public ExampleSettings with(TooLong tooLong) {
    return new ExampleSettings(maxLength, vocabulary, bos, eos, badLines, tooLong, columns, chat);
  }

  /** The same with that policy. */
  public ExampleSettings with(BadLines badLines) {
    return new ExampleSettings(maxLength, vocabulary, bos, eos, badLines, tooLong, columns, chat);
  }

  /** Settings for this model, whose tokenizer says what begins and what ends a text. */
  public ExampleSettings(int maxLength, CausalLm<?> model, SpecialTokens special) {
    this(
        maxLength,
        model.vocabulary(),
        special.begin(),
        special.ends().stream().mapToInt(id -> id).min());
    if (maxLength > model.maxPositions()) {
      throw new IllegalArgumentException(
          "maxLength must be at most %d, the longest text the model takes, but was %d"
              .formatted(model.maxPositions(), maxLength));
    }
  }

  /** A text's tokens within the longest length, as the policy has it. */
  int[] cut(int[] ids) throws BadLineException {
    if (ids.length <= maxLength) {
      return ids;
    }
    String reason = "has %d tokens, more than the %d allowed".formatted(ids.length, maxLength);
    return switch (tooLong) {
      case CUT -> Arrays.copyOf(ids, maxLength);
      case REFUSE -> throw new BadLineException(reason);
      case SKIP -> throw BadLineException.leftOut(reason);
    };
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
