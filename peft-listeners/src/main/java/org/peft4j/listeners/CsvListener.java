package org.peft4j.listeners;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.peft4j.train.Evaluation;
import org.peft4j.train.EvaluationReport;
import org.peft4j.train.StepReport;
import org.peft4j.train.TrainingListener;
import org.peft4j.train.TrainingReport;
import org.peft4j.train.TrainingStart;

/**
 * Writes a table with the columns of {@link JsonLinesListener}, a row per step and a row per
 * evaluation; what a row does not know is empty. It treats its file the same way, too. Numbers that
 * are not finite are {@code NaN} and {@code Infinity}. Commas, quotes and line ends in the name of
 * a measure become {@code _}.
 *
 * <p>The columns are known with the first step. A measure that comes up later adds one at the end,
 * for which the file is written again.
 */
public final class CsvListener implements TrainingListener, AutoCloseable {

  private static final String BETWEEN = ",";

  private final LineFile file;
  private List<String> columns = List.of();

  /** Touches nothing before training begins. */
  public CsvListener(Path file) {
    this.file = new LineFile(file);
  }

  /**
   * @throws java.io.UncheckedIOException if the file cannot be written, or is to be continued and
   *     holds something else
   */
  @Override
  public void onStart(TrainingStart start) {
    List<String> there = start.step() == 0 ? List.of() : file.lines();
    List<String> kept = new ArrayList<>();
    columns = there.isEmpty() ? List.of() : header(there.get(0));
    for (int i = 0; i < there.size(); i++) {
      if (i == 0 || step(there.get(i), i + 1) <= start.step()) {
        kept.add(there.get(i));
      }
    }
    file.restart(kept);
  }

  private List<String> header(String line) {
    List<String> names = List.of(line.split(BETWEEN, -1));
    if (!names.get(0).equals(MetricsRow.STEP)) {
      throw file.unreadable(1, "its first column is not " + MetricsRow.STEP);
    }
    return names;
  }

  private int step(String line, int number) {
    String cell = line.substring(0, Math.max(0, line.indexOf(BETWEEN)));
    try {
      return Integer.parseInt(cell);
    } catch (NumberFormatException e) {
      throw file.unreadable(number, "it begins with '" + cell + "', not with a step");
    }
  }

  @Override
  public void onStep(StepReport step) {
    if (!file.isOpen()) {
      onStart(new TrainingStart(step.step() - 1, step.steps(), 0));
    }
    Map<String, Number> row = named(MetricsRow.of(step));
    if (columns.isEmpty()) {
      widen(row.keySet());
      widen(evaluated(step).keySet());
    }
    write(row);
  }

  /** Evaluations come later and tell the same measures. */
  private static Map<String, Number> evaluated(StepReport step) {
    Evaluation like = new Evaluation(step.loss(), step.terms(), step.measures());
    return named(MetricsRow.of(new EvaluationReport(step.step(), like, false, 0)));
  }

  @Override
  public void onEvaluation(EvaluationReport report) {
    if (!file.isOpen()) {
      onStart(new TrainingStart(report.step(), report.step(), 0));
    }
    write(named(MetricsRow.of(report)));
  }

  private static Map<String, Number> named(Map<String, Number> row) {
    Map<String, Number> named = new LinkedHashMap<>();
    row.forEach((name, value) -> named.putIfAbsent(name.replaceAll("[,\"\\r\\n]", "_"), value));
    return named;
  }

  private void write(Map<String, Number> row) {
    widen(row.keySet());
    file.add(
        columns.stream()
            .map(name -> row.containsKey(name) ? String.valueOf(row.get(name)) : "")
            .collect(Collectors.joining(BETWEEN)));
  }

  private void widen(Collection<String> names) {
    List<String> more = names.stream().filter(name -> !columns.contains(name)).toList();
    if (more.isEmpty()) {
      return;
    }
    List<String> wider = new ArrayList<>(columns);
    wider.addAll(more);
    List<String> lines = new ArrayList<>(List.of(String.join(BETWEEN, wider)));
    file.lines().stream().skip(1).forEach(row -> lines.add(row + BETWEEN.repeat(more.size())));
    file.restart(lines);
    columns = wider;
  }

  @Override
  public void onEnd(TrainingReport report) {
    file.close();
  }

  @Override
  public void close() {
    file.close();
  }
}
