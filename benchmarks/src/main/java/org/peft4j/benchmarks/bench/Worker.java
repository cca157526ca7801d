package org.peft4j.benchmarks.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import org.peft4j.benchmarks.steps.PeakMemory;
import org.peft4j.benchmarks.steps.TimedStep;

/**
 * A process of its own for one {@link Task}. It answers each line of standard input with a line of
 * numbers, {@code steps N} with the milliseconds of so many steps and {@code memory} with its peak
 * in MiB, and ends with standard input. While it waits it does nothing.
 */
final class Worker {

  private final TimedStep step;

  private Worker(TimedStep step) {
    this.step = step;
  }

  public static void main(String[] arguments) throws IOException {
    Worker worker = new Worker(Task.parse(arguments).start());
    BufferedReader orders =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String order = orders.readLine(); order != null; order = orders.readLine()) {
      String answer = worker.answer(order.split(" "));
      System.out.println(answer);
    }
  }

  private String answer(String... order) {
    return switch (order[0]) {
      case "steps" -> text(milliseconds(Integer.parseInt(order[1])));
      case "memory" -> String.valueOf(PeakMemory.mebibytes());
      default -> throw new IllegalArgumentException("no such order: " + order[0]);
    };
  }

  private double[] milliseconds(int steps) {
    double[] times = new double[steps];
    Arrays.setAll(
        times,
        i -> {
          long start = System.nanoTime();
          step.run();
          return (System.nanoTime() - start) / 1e6;
        });
    return times;
  }

  private static String text(double... numbers) {
    return DoubleStream.of(numbers)
        .mapToObj(number -> String.format(Locale.ROOT, "%.3f", number))
        .collect(Collectors.joining(" "));
  }
}
