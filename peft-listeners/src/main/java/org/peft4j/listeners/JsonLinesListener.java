package org.peft4j.listeners;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.peft4j.io.JsonFiles;
import org.peft4j.train.EvaluationReport;
import org.peft4j.train.StepReport;
import org.peft4j.train.TrainingListener;
import org.peft4j.train.TrainingReport;
import org.peft4j.train.TrainingStart;

/**
 * Writes one JSON object per line: {@code step}, {@code epoch}, {@code loss}, {@code lr}, {@code
 * gradient_norm}, {@code tokens}, {@code tokens_per_second}, {@code seconds} and the objective's
 * measures for a step; {@code step}, {@code eval_loss}, {@code eval_perplexity} and {@code
 * eval_<measure>} for an evaluation. A number that is not finite is {@code null}.
 *
 * <p>A line is in the file as soon as its step is done. Where training goes on from a checkpoint
 * the lines after that step are removed, and the file reads as if nothing had happened; where it
 * begins, a file that is there is replaced. Folders that are not there are made.
 */
public final class JsonLinesListener implements TrainingListener, AutoCloseable {

  private final ObjectMapper json = new ObjectMapper();
  private final LineFile file;

  /** Touches nothing before training begins. */
  public JsonLinesListener(Path file) {
    this.file = new LineFile(file);
  }

  /**
   * @throws java.io.UncheckedIOException if the file cannot be written, or is to be continued and
   *     holds something else
   */
  @Override
  public void onStart(TrainingStart start) {
    List<String> kept = new ArrayList<>();
    List<String> there = start.step() == 0 ? List.of() : file.lines();
    for (int i = 0; i < there.size(); i++) {
      if (step(there.get(i), i + 1) <= start.step()) {
        kept.add(there.get(i));
      }
    }
    file.restart(kept);
  }

  private int step(String line, int number) {
    try {
      JsonNode step = json.readTree(line).path(MetricsRow.STEP);
      if (step.isInt()) {
        return step.intValue();
      }
      throw file.unreadable(number, "it has no step");
    } catch (JsonProcessingException e) {
      throw file.unreadable(number, JsonFiles.problem(e));
    }
  }

  @Override
  public void onStep(StepReport step) {
    if (!file.isOpen()) {
      onStart(new TrainingStart(step.step() - 1, step.steps(), 0));
    }
    write(MetricsRow.of(step));
  }

  @Override
  public void onEvaluation(EvaluationReport report) {
    if (!file.isOpen()) {
      onStart(new TrainingStart(report.step(), report.step(), 0));
    }
    write(MetricsRow.of(report));
  }

  private void write(Map<String, Number> row) {
    row.replaceAll((name, value) -> Double.isFinite(value.doubleValue()) ? value : null);
    try {
      file.add(json.writeValueAsString(row));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("numbers can always be written", e);
    }
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
