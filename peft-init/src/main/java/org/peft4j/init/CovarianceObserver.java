package org.peft4j.init;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.peft4j.adapter.InputObserver;
import org.peft4j.adapter.InputRows;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Memory;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;

/**
 * Adds up {@link InputCovariance}: every {@value #AT_A_TIME} samples in the model's type, where the
 * products are, and these sums in float64. Samples are multiplied one by one and counted on from
 * batch to batch, so it does not matter which of them share a batch.
 */
final class CovarianceObserver implements InputObserver {

  private static final int AT_A_TIME = 16;

  /** Kernels prepare products by shape, so samples are filled up with zeros to few lengths. */
  private static final int LENGTH_STEP = 32;

  /** How many numbers are moved from the one sum to the other at once. */
  private static final int BLOCK = 1 << 14;

  private final SampleSize size;
  private final int in;
  private final Buffer sum;
  private @Nullable Buffer latest;
  private int inLatest;
  private long samples;
  private Optional<String> problem = Optional.empty();

  CovarianceObserver(SampleSize size, int in) {
    this.size = size;
    this.in = in;
    this.sum = Buffer.allocate(DataType.FLOAT64, Shape.of(in, in));
    for (int row = 0; row < in; row++) {
      sum.rows(row, row + 1).put(new double[in]);
    }
  }

  @Override
  public void add(InputRows rows) {
    int longest = roundedUp(rows.x().rows());
    try (Memory memory = rows.kernels().allocate(rows.x().type(), (long) longest * in)) {
      Buffer room = new Buffer(memory, 0, Shape.of(longest, in));
      Buffer target = latest(rows);
      for (int[] sample : rows.marks().bySequence()) {
        add(rows, sample, room.rows(0, roundedUp(sample.length)), target);
      }
    }
  }

  private Buffer latest(InputRows rows) {
    if (latest == null) {
      Memory memory = rows.kernels().allocate(rows.x().type(), (long) in * in);
      latest = new Buffer(memory, 0, Shape.of(in, in));
    }
    return latest;
  }

  /** What is wrong is told with the result, where the layer's name is known. */
  private void add(InputRows rows, int[] sample, Buffer padded, Buffer target) {
    Kernels kernels = rows.kernels();
    Buffer x = padded.rows(0, sample.length);
    kernels.gather(rows.x(), sample, Write.SET, x);
    double divisor = size.of(x, kernels);
    samples++;
    if (!Double.isFinite(divisor)) {
      note("an input of sample " + samples + " is not a finite number");
    } else if (divisor > 0) {
      kernels.gather(rows.x(), sample, Write.set(1 / divisor), x);
      kernels.fill(0, padded.rows(sample.length, padded.rows()));
      kernels.transposedTimes(padded, padded, inLatest == 0 ? Write.SET : Write.ADD, target);
      inLatest++;
    } else if (kernels.squaredNorm(x) > 0) {
      note(
          "the largest input of sample "
              + samples
              + " is 0, so the sample cannot be divided by it; choose normalizer largest or rms");
    }
    if (inLatest == AT_A_TIME) {
      move(target);
    }
  }

  private void note(String what) {
    problem = problem.or(() -> Optional.of(what));
  }

  private void move(Buffer source) {
    int step = Math.max(1, BLOCK / in);
    for (int row = 0; row < in; row += step) {
      int end = Math.min(in, row + step);
      double[] added = source.rows(row, end).toDoubles();
      double[] total = sum.rows(row, end).toDoubles();
      Arrays.setAll(total, i -> total[i] + added[i]);
      sum.rows(row, end).put(total);
      if (!Arrays.stream(added).allMatch(Double::isFinite)) {
        note("an input up to sample " + samples + " is not a finite number");
      }
    }
    inLatest = 0;
  }

  @Override
  public Map<String, Buffer> result() {
    finish();
    if (samples == 0) {
      note("it saw nothing but padding");
    } else if (trace() == 0) {
      note("its inputs are all 0, so they favour no direction; leave it out of the targets");
    }
    problem.ifPresent(
        what -> {
          throw new IllegalStateException(what);
        });
    Buffer count = Buffer.allocate(DataType.FLOAT64, Shape.of(1));
    count.put(new double[] {samples});
    return Map.of(InputCovariance.SUM, sum, InputCovariance.SAMPLES, count);
  }

  private void finish() {
    if (latest != null) {
      if (inLatest > 0) {
        move(latest);
      }
      latest.memory().close();
      latest = null;
    }
  }

  private double trace() {
    double trace = 0;
    for (int i = 0; i < in; i++) {
      trace += sum.doubles().get(i * in + i);
    }
    return trace;
  }

  private static int roundedUp(int length) {
    return (length + LENGTH_STEP - 1) / LENGTH_STEP * LENGTH_STEP;
  }
}
