package org.peft4j.init;

import java.util.Arrays;
import java.util.Map;
import org.peft4j.init.linalg.Matrix;
import org.peft4j.init.linalg.Sketch;
import org.peft4j.init.linalg.StreamingPca;
import org.peft4j.init.linalg.Svd;
import org.peft4j.init.linalg.SvdMethod;
import org.peft4j.initializer.InputObserver;
import org.peft4j.initializer.InputPositions;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;

/** Follows the principal components of the inputs of one layer. */
final class PrincipalObserver implements InputObserver {

  /** As thorough as the authors' sketch and drawn from their seed. */
  private static final int ROUNDS = 4;

  private static final long SEED = 42;

  /** Up to this many times the components wanted, finding all exactly takes little longer. */
  private static final int EXACT = 4;

  /** Up to this many rows or columns as well. */
  private static final int SMALL = 64;

  private final int components;
  private final boolean labelled;
  private StreamingPca pca;
  private double[] cosines = {};
  private int largestBatch;
  private boolean rests;

  PrincipalObserver(int components, int in, boolean labelled) {
    this.components = components;
    this.labelled = labelled;
    this.pca = new StreamingPca(components, in, method(components));
  }

  private static SvdMethod method(int components) {
    return (name, matrix) ->
        isFoundExactly(matrix.rows(), matrix.columns(), components)
            ? Svd.of(name, matrix)
            : sketch(components, DataType.FLOAT64).decompose(name, matrix);
  }

  private static boolean isFoundExactly(int rows, int columns, int components) {
    return Math.min(rows, columns) <= Math.max(SMALL, EXACT * components);
  }

  /**
   * In float64 as wide as the authors'. In float32 only half as much wider than needed, as it goes
   * on from where it was.
   */
  private static Sketch sketch(int components, DataType type) {
    int more = type == DataType.FLOAT32 ? (components + 1) / 2 : components;
    return new Sketch(components, components + more, ROUNDS, SEED, type);
  }

  @Override
  public void add(InputPositions rows) {
    if (rests) {
      return;
    }
    int[] counted = labelled ? rows.marks().withLabel() : rows.marks().real();
    largestBatch = Math.max(largestBatch, counted.length);
    if (counted.length >= components && isLarge(rows, counted.length)) {
      follow(pca.add("the inputs", rows, counted, sketch(components, DataType.FLOAT32)));
    } else if (counted.length >= components) {
      Buffer copy = rows.copy(counted);
      try {
        add(Matrix.of(copy));
      } finally {
        copy.memory().close();
      }
    }
  }

  /** Whether it is worth it to work on the rows in float32 where they are in float32. */
  private boolean isLarge(InputPositions rows, int count) {
    return rows.x().type() == DataType.FLOAT32
        && rows.x().isHost()
        && !isFoundExactly(count, rows.x().columns(), components);
  }

  private void add(Matrix rows) {
    follow(pca.add("the inputs", rows));
  }

  private void follow(StreamingPca next) {
    cosines = isEmpty() ? cosines : next.cosines(pca);
    pca = next;
  }

  /** Whether there is nothing to tell yet. */
  boolean isEmpty() {
    return pca.count() == 0;
  }

  /** Shares of the variance, largest first. */
  double[] shares() {
    return pca.explainedVarianceRatio();
  }

  /** Takes in no more until told otherwise if the first {@code needed} components are settled. */
  void restIfSettled(int needed, double tau) {
    rests =
        cosines.length >= needed && Arrays.stream(cosines).limit(needed).allMatch(c -> c >= tau);
  }

  boolean rests() {
    return rests;
  }

  @Override
  public Map<String, Buffer> result() {
    if (isEmpty()) {
      throw new IllegalStateException(
          "no batch has as many rows that count as components are wanted, "
              + components
              + "; the largest has "
              + largestBatch
              + ". Calibrate on larger batches, or ask for a smaller rank");
    }
    return PrincipalComponents.of(pca).buffers();
  }
}
