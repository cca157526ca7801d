package org.peft4j.transformers;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.peft4j.transformers.model.Labels;

/**
 * How well a classifier tells labelled texts apart, by the definitions of scikit-learn: {@code
 * accuracy_score}, {@code confusion_matrix}, and {@code precision_recall_fscore_support} and {@code
 * f1_score(average="macro")} with {@code zero_division=0}. Two evaluations are equal only if they
 * are the same object.
 *
 * @param labels what it tells apart
 * @param loss mean of {@code -log p(label)} over all texts
 * @param confusion [labels, labels], how many texts of each label (row) were given each (column)
 */
public record ClassEvaluation(Labels labels, double loss, int[][] confusion) {

  /**
   * How well one label is found.
   *
   * @param label its name
   * @param precision the share of texts that really have it, of those that were given it; 0 where
   *     none was
   * @param recall the share of texts that were given it, of those that have it; 0 where none has
   * @param f1 the harmonic mean of both; 0 where both are
   * @param support how many texts have it
   */
  public record ByLabel(String label, double precision, double recall, double f1, int support) {}

  /** The number of texts. */
  public int texts() {
    return IntStream.range(0, labels.size()).map(this::having).sum();
  }

  /** The share of texts that were given the label they have. */
  public double accuracy() {
    return share(IntStream.range(0, labels.size()).map(i -> confusion[i][i]).sum(), texts());
  }

  /**
   * The mean F1 of the labels that occur, each counting the same however many texts have it.
   *
   * @see #byLabel
   */
  public double macroF1() {
    return byLabel().stream().mapToDouble(ByLabel::f1).average().orElse(0);
  }

  /** The labels that texts have or were given, in the order of their numbers. */
  public List<ByLabel> byLabel() {
    List<ByLabel> all = new ArrayList<>();
    for (int label = 0; label < labels.size(); label++) {
      if (occurs(label)) {
        all.add(of(label));
      }
    }
    return all;
  }

  /** The labels that no text has and none was given: nothing is known of them. */
  public List<String> absent() {
    return IntStream.range(0, labels.size())
        .filter(label -> !occurs(label))
        .mapToObj(labels::name)
        .toList();
  }

  private boolean occurs(int label) {
    return having(label) + given(label) > 0;
  }

  private ByLabel of(int label) {
    int right = confusion[label][label];
    return new ByLabel(
        labels.name(label),
        share(right, given(label)),
        share(right, having(label)),
        share(2 * right, having(label) + given(label)),
        having(label));
  }

  private int having(int label) {
    return IntStream.of(confusion[label]).sum();
  }

  private int given(int label) {
    return IntStream.range(0, labels.size()).map(row -> confusion[row][label]).sum();
  }

  private static double share(int part, int whole) {
    return whole == 0 ? 0 : (double) part / whole;
  }
}
