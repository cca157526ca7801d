package org.peft4j.transformers.data;

import java.util.Arrays;
import org.peft4j.transformers.model.TokenBatch;

/**
 * One sequence to learn from. Two examples are equal only if they are the same object; the arrays
 * are not copied.
 *
 * @param ids tokens; at least 1
 * @param labels one per token: the token itself where it is to be predicted from those before it,
 *     {@link TokenBatch#IGNORED} elsewhere. Nothing predicts the first token, so its label does not
 *     count.
 */
public record Example(int[] ids, int[] labels) {

  public Example {
    if (ids.length == 0 || ids.length != labels.length) {
      throw new IllegalArgumentException(
          "an example has at least one token and a label for each but got %d tokens and %d labels"
              .formatted(ids.length, labels.length));
    }
  }

  /** An example that predicts every token but the first. */
  public static Example of(int[] ids) {
    return new Example(ids, ids);
  }

  /** How many tokens are predicted. */
  public int targets() {
    return (int) Arrays.stream(labels).skip(1).filter(label -> label >= 0).count();
  }
}
