package org.peft4j.io;

import java.nio.file.Path;
import java.util.Optional;
import org.peft4j.kernel.Buffer;

/**
 * Numbers that are none, NaN and infinity, end as wrong results of everything: they are refused.
 */
public final class Finite {

  private Finite() {}

  /** Returns {@code values} if all of them are finite. */
  public static Buffer required(Path file, String name, Buffer values)
      throws AdapterFormatException {
    long bad = count(values);
    if (bad > 0) {
      throw new AdapterFormatException(file, problem(name, bad));
    }
    return values;
  }

  /** Whether all of {@code values} are finite. */
  public static boolean areAll(Buffer values) {
    return count(values) == 0;
  }

  private static long count(Buffer values) {
    long bad = 0;
    if (!values.isHost() || NonFinite.first(values).isPresent()) {
      for (int i = 0; i < rows(values); i++) {
        bad += count(row(values, i));
      }
    }
    return bad;
  }

  /** Copies values; says how many of them are not finite, if any. */
  public static Optional<Long> copy(Buffer from, Buffer to) {
    to.put(from);
    long bad = count(from);
    return bad > 0 ? Optional.of(bad) : Optional.empty();
  }

  /** What to say of a tensor with {@code bad} numbers that are not finite. */
  public static String problem(String name, long bad) {
    return "tensor "
        + name
        + " holds "
        + bad
        + (bad == 1 ? " number that is" : " numbers that are")
        + " not finite (NaN or infinity): the training that wrote it went astray, or the file is"
        + " damaged; take an earlier checkpoint or train again";
  }

  /** A row at a time, so that a table of a whole vocabulary is never copied at once. */
  private static int rows(Buffer values) {
    return values.shape().rank() == 2 ? values.rows() : 1;
  }

  private static double[] row(Buffer values, int i) {
    return (values.shape().rank() == 2 ? values.rows(i, i + 1) : values).toDoubles();
  }

  private static long count(double[] values) {
    long bad = 0;
    for (double value : values) {
      if (!Double.isFinite(value)) {
        bad++;
      }
    }
    return bad;
  }
}
