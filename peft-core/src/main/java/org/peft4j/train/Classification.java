package org.peft4j.train;

import java.util.Map;
import java.util.stream.IntStream;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/** What models are trained and measured by that tell which of several classes something is. */
public final class Classification {

  /** What {@link #loss} calls the share of right answers. */
  public static final String ACCURACY = "accuracy";

  private Classification() {}

  /**
   * The cross-entropy of the labels, with {@link #ACCURACY} as a measure.
   *
   * @param logits [n, classes]
   * @param labels n numbers of classes; negative for what does not count
   */
  public static Loss loss(Tape t, Tensor logits, int[] labels) {
    Tensor sum = t.crossEntropySum(logits, labels);
    int[] answers = answers(logits);
    long counted = IntStream.of(labels).filter(label -> label >= 0).count();
    long right = IntStream.range(0, labels.length).filter(i -> answers[i] == labels[i]).count();
    return new Loss(sum, counted, Map.of(ACCURACY, (double) right));
  }

  /**
   * The number of the largest logit of each row, of several the first.
   *
   * @param logits [n, classes]
   */
  public static int[] answers(Tensor logits) {
    double[] scores = logits.value().toDoubles();
    int classes = logits.shape().columns();
    return IntStream.range(0, logits.shape().rows())
        .map(row -> largest(scores, row * classes, classes))
        .toArray();
  }

  private static int largest(double[] scores, int from, int count) {
    int largest = 0;
    for (int i = 1; i < count; i++) {
      largest = scores[from + i] > scores[from + largest] ? i : largest;
    }
    return largest;
  }
}
