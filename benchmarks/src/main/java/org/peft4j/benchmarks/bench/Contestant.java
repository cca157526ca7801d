package org.peft4j.benchmarks.bench;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.util.Arrays;
import java.util.stream.DoubleStream;

/** A {@link Worker} in a process of its own, and what it has been measured at. */
final class Contestant implements AutoCloseable {

  private final String name;
  private final Process process;
  private final BufferedWriter orders;
  private final BufferedReader answers;
  private double[] milliseconds = {};

  /**
   * @param name for people
   */
  Contestant(String name, JavaProcess java) throws IOException {
    this.name = name;
    this.process = java.start();
    this.orders = process.outputWriter();
    this.answers = process.inputReader();
  }

  /** Lets it take steps that do not count. */
  void warmUp(int steps) throws IOException {
    ask("steps " + steps);
  }

  /** Lets it take steps that count. */
  void run(int steps) throws IOException {
    double[] more =
        Arrays.stream(ask("steps " + steps).split(" ")).mapToDouble(Double::parseDouble).toArray();
    milliseconds = DoubleStream.concat(Arrays.stream(milliseconds), Arrays.stream(more)).toArray();
  }

  String name() {
    return name;
  }

  /** The median of all steps that counted, in milliseconds. */
  double median() {
    double[] sorted = milliseconds.clone();
    Arrays.sort(sorted);
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }

  /** The most memory that its process ever had, in MiB. */
  long peakMebibytes() throws IOException {
    return Long.parseLong(ask("memory"));
  }

  private String ask(String order) throws IOException {
    orders.write(order);
    orders.newLine();
    orders.flush();
    String answer = answers.readLine();
    if (answer == null) {
      throw new IOException(name + " ended where it was to answer: " + order);
    }
    return answer;
  }

  @Override
  public void close() {
    process.destroy();
  }
}
