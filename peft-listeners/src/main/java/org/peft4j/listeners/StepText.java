package org.peft4j.listeners;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.peft4j.train.EvaluationReport;
import org.peft4j.train.Fault;
import org.peft4j.train.StepReport;
import org.peft4j.train.StopReason;
import org.peft4j.train.TrainingReport;
import org.peft4j.train.Trouble;

/** What happened, in words for people. */
final class StepText {

  private StepText() {}

  /** Such as {@code loss 1.2345, lr 2.0e-04, 5,120 tokens/s}. */
  static String numbers(StepReport step) {
    return format(
        "loss %.4f%s, lr %.1e, %,.0f tokens/s",
        step.loss(), measures(step.measures()), step.learningRate(), step.rate());
  }

  /** Such as {@code evaluation loss 1.2345, perplexity 3.44 (the best so far)}. */
  static String numbers(EvaluationReport report) {
    return format(
        "evaluation loss %.4f, perplexity %.2f%s%s",
        report.evaluation().loss(),
        report.evaluation().perplexity(),
        measures(report.evaluation().measures()),
        report.best() ? " (the best so far)" : "");
  }

  static String fault(Fault fault) {
    return format(
        "step %d is left out, the %s so far: %s",
        fault.step(), ordinal(fault.skipped()), fault.reason());
  }

  static String trouble(Trouble trouble) {
    return format("after step %d, which ends nothing: %s", trouble.step(), trouble.what());
  }

  /** Such as {@code training ended after step 40 of 100: there are no more batches}. */
  static String end(int step, int steps, TrainingReport report) {
    return format("training ended after step %d of %d: %s", step, steps, why(report.reason()));
  }

  /** Such as {@code 0:07} and {@code 1:02:03}. */
  static String time(long seconds) {
    long hours = seconds / 3600;
    String minutes = format(hours > 0 ? "%02d" : "%d", seconds / 60 % 60);
    return (hours > 0 ? hours + ":" : "") + minutes + format(":%02d", seconds % 60);
  }

  private static String why(StopReason reason) {
    return switch (reason) {
      case STEPS -> "all steps are done";
      case DATA -> "there are no more batches";
      case TIME -> "the time is up";
      case PATIENCE -> "held-out data did not improve any more";
      case INTERRUPTED -> "it was asked to stop";
    };
  }

  private static String measures(Map<String, Double> measures) {
    StringBuilder text = new StringBuilder();
    new TreeMap<>(measures).forEach((name, value) -> text.append(format(", %s %.4f", name, value)));
    return text.toString();
  }

  private static String ordinal(int number) {
    boolean teen = number % 100 / 10 == 1;
    String ending =
        switch (teen ? 0 : number % 10) {
          case 1 -> "st";
          case 2 -> "nd";
          case 3 -> "rd";
          default -> "th";
        };
    return number + ending;
  }

  /** Formats as {@link String#format}, with the same numbers in every country. */
  static String format(String text, Object... values) {
    return String.format(Locale.ROOT, text, values);
  }
}
