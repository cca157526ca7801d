package org.peft4j.transformers.checkpoint;

import java.util.Optional;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.kernel.Shape;
import org.peft4j.store.StoredAdapter;
import org.peft4j.transformers.model.SequenceClassifier;

/** The output layer that a classifier's adapter brings. */
final class AdapterHead {

  private AdapterHead() {}

  static boolean isIn(StoredAdapter stored) {
    return shape(stored).isPresent();
  }

  /**
   * How many labels an adapter tells apart.
   *
   * @throws AdapterFormatException if it has no output layer
   */
  static int labels(StoredAdapter stored) throws AdapterFormatException {
    return shape(stored)
        .orElseThrow(
            () ->
                new AdapterFormatException(
                    stored.folder(), "has no output layer (score) that tells texts apart"))
        .rows();
  }

  /** It is trained whole, or adapted by low-rank factors. */
  private static Optional<Shape> shape(StoredAdapter stored) {
    String head = SequenceClassifier.HEAD;
    return stored.shape(head + ".weight").or(() -> stored.shape(head + ".lora_B.weight"));
  }
}
