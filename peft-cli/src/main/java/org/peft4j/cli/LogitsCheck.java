package org.peft4j.cli;

import java.util.List;
import java.util.stream.IntStream;
import org.peft4j.kernel.Kernels;
import org.peft4j.tensor.Tape;
import org.peft4j.transformers.model.CausalLm;
import org.peft4j.transformers.model.SequenceClassifier;
import org.peft4j.transformers.model.TokenBatch;

/** Compares what two models of the same kind compute. */
final class LogitsCheck {

  private static final int PROBED = 32;

  private LogitsCheck() {}

  /** The largest difference between the scores both give on tokens from all over the vocabulary. */
  static double difference(Kernels kernels, CausalLm<?> expected, CausalLm<?> actual) {
    return difference(logits(kernels, expected), logits(kernels, actual));
  }

  /** The largest difference between the scores that two classifiers give such tokens. */
  static double difference(
      Kernels kernels, SequenceClassifier<?> expected, SequenceClassifier<?> actual) {
    return difference(logits(kernels, expected), logits(kernels, actual));
  }

  /** The largest difference between the scores of one model and those of another. */
  static double difference(double[] expected, double[] actual) {
    return IntStream.range(0, expected.length)
        .mapToDouble(i -> Math.abs(actual[i] - expected[i]))
        .reduce(0, Math::max);
  }

  /** A model's scores on tokens from all over the vocabulary. */
  static double[] logits(Kernels kernels, CausalLm<?> model) {
    try (Tape t = Tape.inference(kernels)) {
      return model.logits(t, probe(model.maxPositions(), model.vocabulary())).value().toDoubles();
    }
  }

  /** A classifier's scores of such tokens. */
  static double[] logits(Kernels kernels, SequenceClassifier<?> model) {
    try (Tape t = Tape.inference(kernels)) {
      return model.logits(t, probe(model.maxPositions(), model.vocabulary())).value().toDoubles();
    }
  }

  private static TokenBatch probe(int longest, int vocabulary) {
    int length = Math.min(PROBED, longest);
    int stride = Math.max(1, vocabulary / length);
    return TokenBatch.of(
        List.of(IntStream.range(0, length).map(i -> i * stride % vocabulary).toArray()));
  }
}
