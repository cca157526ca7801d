package org.peft4j.listeners;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.knowm.xchart.XYChart;

class CurvesChartTest {

  @Test
  void thePictureSaysWhatItShows() {
    XYChart chart =
        CurvesChart.of(
            curve(500, step -> 4.0 / step), curve(5, step -> 0.5 / step), curve(500, s -> 1e-3));

    assertThat(chart.getTitle())
        .isEqualTo("Loss in training, up to step 500, lowest in evaluation 0.1000");
    assertThat(chart.getXAxisTitle()).isEqualTo("optimizer step");
    assertThat(chart.getYAxisTitle()).isEqualTo("loss (mean per term)");
    assertThat(chart.getYAxisGroupTitle(1)).isEqualTo("learning rate");
    assertThat(chart.getSeriesMap().keySet())
        .containsExactly(
            "training, each step",
            "learning rate (right)",
            "training, mean of steps around",
            "evaluation");
  }

  @Test
  void aShortTrainingIsOneCurve() {
    XYChart chart = CurvesChart.of(curve(9, step -> 4.0 / step), new Curve(), new Curve());

    assertThat(chart.getTitle()).isEqualTo("Loss in training, up to step 9");
    assertThat(chart.getSeriesMap().keySet()).containsExactly("training");
  }

  private static Curve curve(int steps, IntToDoubleFunction value) {
    Curve curve = new Curve();
    for (int step = 1; step <= steps; step++) {
      curve.add(step, value.applyAsDouble(step));
    }
    return curve;
  }
}
