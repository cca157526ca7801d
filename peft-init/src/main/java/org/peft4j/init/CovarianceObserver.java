package org.peft4j.init;

import java.nio.DoubleBuffer;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.peft4j.initializer.InputObserver;
import org.peft4j.initializer.InputPositions;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;

/** Adds up {@link InputCovariance}, and remembers what is wrong with the inputs. */
final class CovarianceObserver implements InputObserver {

  private final SampleSize size;
  private final int in;
  private final Buffer sum;
  private @Nullable GramSum adding;
  private long samples;
  private Optional<String> problem = Optional.empty();

  CovarianceObserver(SampleSize size, int in) {
    this.size = size;
    this.in = in;
    this.sum = GramSum.none(in);
  }

  @Override
  public void add(InputPositions rows) {
    if (adding == null) {
      adding = new GramSum(sum, rows.x().type(), rows.kernels());
    }
    for (int[] sample : rows.marks().bySequence()) {
      add(rows, sample, adding);
    }
  }

  /** Of the rows of a sample, which are copied only where they do not lie together. */
  private void add(InputPositions rows, int[] sample, GramSum to) {
    int first = sample[0];
    if (sample[sample.length - 1] - first == sample.length - 1) {
      add(rows.x().rows(first, first + sample.length), rows.kernels(), to);
    } else {
      Buffer copy = rows.copy(sample);
      try {
        add(copy, rows.kernels(), to);
      } finally {
        copy.memory().close();
      }
    }
  }

  /** What is wrong is told with the result, where the layer's name is known. */
  private void add(Buffer x, Kernels kernels, GramSum to) {
    double divisor = size.of(x, kernels);
    samples++;
    if (!Double.isFinite(divisor)) {
      note("an input of sample " + samples + " is not a finite number");
    } else if (divisor > 0) {
      to.add(x, 1 / divisor);
      noteIfNotFinite(to);
    } else if (kernels.squaredNorm(x) > 0) {
      note(
          "the largest input of sample "
              + samples
              + " is 0, so the sample cannot be divided by it; choose normalizer largest or rms");
    }
  }

  private void note(String what) {
    problem = problem.or(() -> Optional.of(what));
  }

  private void noteIfNotFinite(GramSum checked) {
    if (!checked.isFinite()) {
      note("an input up to sample " + samples + " is not a finite number");
    }
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
    if (adding != null) {
      adding.finish();
      noteIfNotFinite(adding);
      adding.close();
      adding = null;
    }
  }

  private double trace() {
    DoubleBuffer values = sum.doubles();
    double trace = 0;
    for (int i = 0; i < in; i++) {
      trace += values.get(i * in + i);
    }
    return trace;
  }
}
