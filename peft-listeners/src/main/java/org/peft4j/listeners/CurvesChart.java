package org.peft4j.listeners;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.LongStream;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.Styler.YAxisPosition;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Draws losses over steps, with the learning rate on an axis of its own. */
final class CurvesChart {

  private static final int WIDTH = 1000;
  private static final int HEIGHT = 600;
  private static final int RATE_AXIS = 1;
  private static final int FEWEST_TO_SMOOTH = 10;

  private static final Color TRAINING = new Color(0x1f77b4);
  private static final Color PALE_TRAINING = new Color(0xaec7e8);
  private static final Color EVALUATION = new Color(0xd62728);
  private static final Color RATE = new Color(0x9a9a9a);
  private static final Font TITLE = new Font(Font.SANS_SERIF, Font.BOLD, 15);
  private static final Font TICKS = new Font(Font.SANS_SERIF, Font.PLAIN, 12);
  private static final BasicStroke DASHED =
      new BasicStroke(1, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 10, new float[] {6, 4}, 0);
  private static final Color GRID = new Color(0xe6e6e6);

  private CurvesChart() {}

  /** A picture as the bytes of a file. */
  enum Format {
    PNG,
    SVG;

    byte[] bytes(XYChart chart) throws IOException {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      switch (this) {
        case PNG -> BitmapEncoder.saveBitmap(chart, bytes, BitmapFormat.PNG);
        case SVG -> SvgPicture.write(chart, bytes);
      }
      return bytes.toByteArray();
    }
  }

  static XYChart of(Curve training, Curve evaluation, Curve rate) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(title(training, evaluation))
            .xAxisTitle("optimizer step")
            .yAxisTitle("loss (mean per term)")
            .build();
    style(chart.getStyler());
    number(chart.getStyler(), training.isEmpty() ? evaluation : training);
    boolean isLong = training.size() >= FEWEST_TO_SMOOTH;
    line(
        chart,
        isLong ? "training, each step" : "training",
        training.thinned(),
        isLong ? PALE_TRAINING : TRAINING,
        solid(1));
    if (rate.size() > 1) {
      line(chart, "learning rate (right)", rate.thinned(), RATE, DASHED)
          .ifPresent(series -> series.setYAxisGroup(RATE_AXIS));
      chart.setYAxisGroupTitle(RATE_AXIS, "learning rate");
    }
    if (isLong) {
      line(
          chart,
          "training, mean of steps around",
          training.smoothed().thinned(),
          TRAINING,
          solid(2.5f));
    }
    line(chart, "evaluation", evaluation, EVALUATION, solid(1.5f))
        .ifPresent(series -> series.setMarker(SeriesMarkers.CIRCLE));
    return chart;
  }

  /** What it is a picture of, and what it came to. */
  private static String title(Curve training, Curve evaluation) {
    Curve longest = training.isEmpty() ? evaluation : training;
    String last = whole(longest.last());
    String best =
        evaluation.isEmpty()
            ? ""
            : StepText.format(
                ", lowest in evaluation %.4f",
                Arrays.stream(evaluation.values()).min().orElseThrow());
    return "Loss in training, up to step " + last + best;
  }

  private static void style(XYStyler styler) {
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setChartTitleBoxVisible(false);
    styler.setChartTitleFont(TITLE);
    styler.setLegendPosition(LegendPosition.OutsideS);
    styler.setLegendLayout(LegendLayout.Horizontal);
    styler.setLegendBorderColor(Color.WHITE);
    styler.setPlotGridLinesColor(GRID);
    styler.setPlotGridLinesStroke(solid(1));
    styler.setPlotBorderColor(GRID);
    styler.setMarkerSize(7);
    styler.setAxisTickLabelsFont(TICKS);
    styler.setXAxisTickMarkSpacingHint(100);
    styler.setyAxisTickLabelsFormattingFunction(CurvesChart::number);
    styler.setYAxisGroupPosition(RATE_AXIS, YAxisPosition.Right);
    styler.setYAxisMin(RATE_AXIS, 0.0);
  }

  /** XChart would label too many steps, and such as 1, 11, 21. */
  private static void number(XYStyler styler, Curve curve) {
    long unit = unit(curve.last() - curve.first());
    styler.setXAxisMin(Math.floor((curve.first() - 1) / unit) * unit);
    styler.setxAxisTickLabelsFormattingFunction(step -> step % unit == 0 ? whole(step) : "");
  }

  private static String whole(double value) {
    return StepText.format("%,d", (long) value);
  }

  /** The smallest of 1, 2, 5, 10, 20, 50 ... that is at most ten times in {@code range}. */
  static long unit(double range) {
    long ten = 1;
    while (10 * ten * 10 < range) {
      ten *= 10;
    }
    long size = ten;
    return LongStream.of(1, 2, 5, 10)
        .map(times -> times * size)
        .filter(unit -> unit * 10 >= range)
        .findFirst()
        .orElseThrow();
  }

  /** Such as 0, 0.02, 1.5, 120 and 2e-4: as short as a number on an axis can be. */
  static String number(double value) {
    if (value == 0) {
      return "0";
    }
    BigDecimal digits = new BigDecimal(value).round(new MathContext(4)).stripTrailingZeros();
    int exponent = digits.precision() - digits.scale() - 1;
    if (exponent < -3 || exponent > 5) {
      return digits.scaleByPowerOfTen(-exponent).toPlainString() + "e" + exponent;
    }
    return digits.toPlainString();
  }

  private static BasicStroke solid(float width) {
    return new BasicStroke(width, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND);
  }

  /** XChart does not take series of nothing; a single point cannot be seen without a marker. */
  private static Optional<XYSeries> line(
      XYChart chart, String name, Curve curve, Color color, BasicStroke stroke) {
    if (curve.isEmpty()) {
      return Optional.empty();
    }
    XYSeries series = chart.addSeries(name, curve.steps(), curve.values());
    series.setMarker(curve.size() == 1 ? SeriesMarkers.CIRCLE : SeriesMarkers.NONE);
    series.setMarkerColor(color);
    series.setLineColor(color);
    series.setLineStyle(stroke);
    return Optional.of(series);
  }
}
