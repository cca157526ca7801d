package org.peft4j.listeners;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.knowm.xchart.XYChart;
import org.peft4j.train.EvaluationReport;
import org.peft4j.train.StepReport;
import org.peft4j.train.TrainingListener;
import org.peft4j.train.TrainingReport;
import org.peft4j.train.TrainingStart;

/**
 * Draws the loss over the steps into picture files: of training, thin and smoothed, of evaluations,
 * and the learning rate on an axis of its own. There is a picture after every evaluation, at the
 * end and, where training fails, when it is closed; a file is replaced as a whole. It needs no
 * display.
 *
 * <p>A listener remembers what it was told. Where training goes on from a checkpoint in a new
 * process, the curves begin at that step; {@link CsvListener} keeps the whole run.
 */
public final class CurvesListener implements TrainingListener, AutoCloseable {

  private final Map<Path, CurvesChart.Format> files = new LinkedHashMap<>();
  private final Curve training = new Curve();
  private final Curve evaluation = new Curve();
  private final Curve rate = new Curve();
  private boolean drawn = true;

  /**
   * Touches nothing before there is something to draw. Folders that are not there are made.
   *
   * @param files end in {@code .png} or {@code .svg}
   * @throws IllegalArgumentException if one of them does not, or there are none
   */
  public CurvesListener(Path... files) {
    if (files.length == 0) {
      throw new IllegalArgumentException("there is no file to draw the curves into");
    }
    Arrays.stream(files).forEach(file -> this.files.put(file, format(file)));
  }

  private static CurvesChart.Format format(Path file) {
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    return Arrays.stream(CurvesChart.Format.values())
        .filter(format -> name.endsWith("." + format.name().toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "a picture must end in .png or .svg but was " + file.getFileName()));
  }

  @Override
  public void onStart(TrainingStart start) {
    training.cutAfter(start.step());
    evaluation.cutAfter(start.step());
    rate.cutAfter(start.step());
  }

  @Override
  public void onStep(StepReport step) {
    training.add(step.step(), step.loss());
    rate.add(step.step(), step.learningRate());
    drawn = false;
  }

  /**
   * @throws java.io.UncheckedIOException if a picture cannot be written; it is then as it was
   */
  @Override
  public void onEvaluation(EvaluationReport report) {
    evaluation.add(report.step(), report.evaluation().loss());
    draw();
  }

  @Override
  public void onEnd(TrainingReport report) {
    close();
  }

  @Override
  public void close() {
    if (!drawn) {
      draw();
    }
  }

  private void draw() {
    if (training.isEmpty() && evaluation.isEmpty()) {
      return;
    }
    Undisturbed.run(
        () -> {
          XYChart chart = CurvesChart.of(training, evaluation, rate);
          files.forEach((file, format) -> write(file, format, chart));
        });
    drawn = true;
  }

  private static void write(Path file, CurvesChart.Format format, XYChart chart) {
    try {
      WholeFile.replace(file, format.bytes(chart));
    } catch (IOException e) {
      throw WholeFile.failure(file, e);
    }
  }
}
