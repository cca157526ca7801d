package org.peft4j.benchmarks.init;

import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;

/**
 * PiSSA's starts at rank 128 against the decomposition they rest on: {@code fast} against torch's
 * svd_lowrank with 4 rounds, {@code exact} against LAPACK's sgesdd. Each side has a process of its
 * own; they take turns, and the medians are printed.
 *
 * <p>Arguments: {@code fast} or {@code exact}, the size of the matrix (4096), how often each side
 * runs (7) after one run that is not counted. The fast one needs torch's native library: {@code
 * MAVEN_ARGS=-Ppeer benchmarks/run init.StartTimes fast}.
 */
public final class StartTimes {

  private StartTimes() {}

  public static void main(String[] arguments) throws IOException {
    boolean fast = arguments.length == 0 || arguments[0].equals("fast");
    int size = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 4096;
    int repeats = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 7;
    compare(
        fast ? Work.PISSA_FAST : Work.PISSA_EXACT,
        fast ? Work.TORCH_SVD_LOWRANK : Work.LAPACK_SGESDD,
        size,
        repeats);
  }

  private static void compare(Work ours, Work theirs, int size, int repeats) throws IOException {
    double[] our = new double[repeats];
    double[] their = new double[repeats];
    try (Worker us = Worker.start(ours, size);
        Worker them = Worker.start(theirs, size)) {
      us.run();
      them.run();
      for (int i = 0; i < repeats; i++) {
        our[i] = us.run();
        their[i] = them.run();
      }
    }
    print(ours, size, our);
    print(theirs, size, their);
    System.out.printf(Locale.ROOT, "ratio of the medians %.2f%n", median(our) / median(their));
  }

  private static void print(Work work, int size, double[] milliseconds) {
    System.out.printf(
        Locale.ROOT,
        "%-18s %d x %d: median %.0f ms of %s%n",
        work.name().toLowerCase(Locale.ROOT),
        size,
        size,
        median(milliseconds),
        Arrays.toString(Arrays.stream(milliseconds).mapToLong(Math::round).toArray()));
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
