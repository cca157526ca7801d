package org.peft4j.benchmarks.leaderboard;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The standings as a Markdown table, best first. */
final class Table {

  private static final String HEAD =
      """
      | method | trained | learning rate | held-out loss | steps to LoRA's loss | loss on stories | start s | ms/step | MiB |
      |---|---:|---:|---:|---:|---:|---:|---:|---:|
      """;

  private static final String SWEEP_HEAD =
      """

      | method | learning rate: held-out loss, loss on stories (first seed) |
      |---|---|
      """;

  private static final double MEBIBYTE = 1 << 20;

  private Table() {}

  /**
   * @param known the base's own loss on stories
   * @param before the base's loss on the held-out text
   */
  static String of(List<Standing> standings, double before, double known) {
    StringBuilder table = new StringBuilder(HEAD);
    table.append(
        String.format(Locale.ROOT, "| (base) | 0 | | %.3f | | %.3f | | | |%n", before, known));
    double goal =
        standings.stream()
            .filter(standing -> standing.name().equals("lora"))
            .mapToDouble(Standing::worst)
            .findFirst()
            .orElse(Double.NaN);
    List<Standing> best = new ArrayList<>(standings);
    best.sort(Comparator.comparingDouble(Standing::loss));
    best.forEach(standing -> table.append(row(standing, goal)));
    table.append(SWEEP_HEAD);
    best.forEach(standing -> table.append(sweep(standing)));
    return table.toString();
  }

  private static String sweep(Standing standing) {
    return standing.sweep().stream()
        .map(
            run ->
                String.format(
                    Locale.ROOT, "%.1e: %.3f, %.3f", run.rate(), run.loss(), run.forgotten()))
        .collect(Collectors.joining("; ", "| " + standing.name() + " | ", " |\n"));
  }

  private static String row(Standing standing, double goal) {
    double steps = standing.stepsTo(goal);
    return String.format(
        Locale.ROOT,
        "| %s | %,d | %.1e | %.3f ± %.3f | %s | %.3f | %.2f | %.0f | %.1f |%n",
        standing.name(),
        standing.trainable(),
        standing.rate(),
        standing.loss(),
        standing.spread(),
        Double.isFinite(steps) ? String.format(Locale.ROOT, "%.0f", steps) : "never",
        standing.forgotten(),
        standing.mean(Run::startSeconds),
        1000 * standing.mean(Run::stepSeconds),
        standing.mean(run -> run.stepBytes() / MEBIBYTE));
  }
}
