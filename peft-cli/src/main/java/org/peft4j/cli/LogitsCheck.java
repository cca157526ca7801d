package org.peft4j.cli;

import java.util.List;
import java.util.stream.IntStream;
import org.peft4j.tensor.Tape;
import org.peft4j.transformers.model.CausalLm;
import org.peft4j.transformers.model.SequenceClassifier;
import org.peft4j.transformers.model.TokenBatch;

/** Compares what two models of the same kind compute. */
final class LogitsCheck {

  private static final int PROBED = 32;

  private LogitsCheck() {}

  /** The largest difference between the scores of one model and those of another. */
  static double difference(double[] expected, double[] actual) {
    return IntStream.range(0, expected.length)
        .mapToDouble(i -> Math.abs(actual[i] - expected[i]))
        .reduce(0, Math::max);
  }

  /**
   * A model's scores on tokens from all over the vocabulary.
   *
   * @param own the tape to compute on, which is closed
   */
  static double[] logits(Tape own, CausalLm<?> model) {
    try (Tape t = own) {
      return model.logits(t, probe(model.maxPositions(), model.vocabulary(t))).value().toDoubles();
    }
  }

  /** A classifier's scores of such tokens. */
  static double[] logits(Tape own, SequenceClassifier<?> model) {
    try (Tape t = own) {
      return model.logits(t, probe(model.maxPositions(), model.vocabulary(t))).value().toDoubles();
    }
  }

  private static TokenBatch probe(int longest, int vocabulary) {
    int length = Math.min(PROBED, longest);
    int stride = Math.max(1, vocabulary / length);
    return TokenBatch.of(
        List.of(IntStream.range(0, length).map(i -> i * stride % vocabulary).toArray()));
  }
}
