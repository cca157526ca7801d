package org.peft4j.transformers.data;

import java.util.OptionalInt;

/**
 * Where texts begin and end.
 *
 * @param bos the token that begins a text; without one texts begin with themselves
 * @param eos the token that ends a text; without one texts just stop
 * @param endsTexts whether texts and completions to learn from end with that token
 */
public record TextBounds(OptionalInt bos, OptionalInt eos, boolean endsTexts) {

  /** What texts to learn from end with. */
  OptionalInt end() {
    return endsTexts ? eos : OptionalInt.empty();
  }
}
