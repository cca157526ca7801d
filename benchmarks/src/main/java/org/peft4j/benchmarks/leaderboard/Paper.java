package org.peft4j.benchmarks.leaderboard;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * A chart that can be read in print and by the colour-blind: colours of Okabe and Ito, and for each
 * curve its own dashes and markers.
 */
final class Paper {

  private static final int WIDTH = 800;
  private static final int HEIGHT = 500;
  private static final int DOTS_PER_INCH = 144;
  private static final Font FONT = new Font(Font.SANS_SERIF, Font.PLAIN, 16);
  private static final Color GRID = new Color(0xE4E4E4);
  private static final Color BACKGROUND = new Color(0xAAAAAA);

  private record Look(int color, Marker marker, float @Nullable [] dashes) {}

  private static final List<Look> LOOKS =
      List.of(
          new Look(0x0072B2, SeriesMarkers.CIRCLE, null),
          new Look(0x333333, SeriesMarkers.SQUARE, new float[] {9, 4}),
          new Look(0xD55E00, SeriesMarkers.DIAMOND, new float[] {2, 3}),
          new Look(0x009E73, SeriesMarkers.TRIANGLE_UP, new float[] {12, 3, 2, 3}),
          new Look(0xCC79A7, SeriesMarkers.TRIANGLE_DOWN, new float[] {5, 2}));

  /** How many curves differ in more than colour. */
  static final int CURVES = LOOKS.size();

  private final XYChart chart;

  Paper(String title, String x, String y) {
    chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(title)
            .xAxisTitle(x)
            .yAxisTitle(y)
            .build();
    style(chart.getStyler());
  }

  private static void style(XYStyler styler) {
    styler.setChartBackgroundColor(Color.WHITE).setPlotBorderVisible(false).setChartPadding(12);
    styler.setChartTitleFont(FONT.deriveFont(Font.BOLD)).setChartTitlePadding(8);
    styler.setLegendFont(FONT).setLegendBorderColor(Color.WHITE).setLegendSeriesLineLength(50);
    styler.setLegendPosition(LegendPosition.InsideNE).setMarkerSize(9);
    styler.setAxisTitleFont(FONT).setAxisTickLabelsFont(FONT).setPlotGridLinesColor(GRID);
    styler.setPlotGridLinesStroke(new BasicStroke(1));
    styler.setXAxisTickMarkSpacingHint(110);
  }

  /** The {@code number}-th of the curves. */
  void curve(int number, String name, List<? extends Number> xs, List<? extends Number> ys) {
    Look look = LOOKS.get(number);
    XYSeries series = chart.addSeries(name, xs, ys);
    series.setMarker(look.marker()).setMarkerColor(new Color(look.color()));
    series.setLineColor(new Color(look.color())).setLineStyle(stroke(2.5f, look.dashes()));
  }

  /** Behind the curves: a thin grey line. */
  void faint(String name, boolean inLegend, List<? extends Number> xs, List<Double> ys) {
    XYSeries series = chart.addSeries(name, xs, ys);
    series.setMarker(SeriesMarkers.NONE).setMarkerColor(BACKGROUND);
    series.setLineColor(BACKGROUND).setLineStyle(stroke(1, null));
    series.setShowInLegend(inLegend);
  }

  /** Behind the curves: grey points. */
  void points(String name, List<Double> xs, List<Double> ys) {
    XYSeries series = chart.addSeries(name, xs, ys);
    series.setXYSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Scatter);
    series.setMarker(SeriesMarkers.CIRCLE).setMarkerColor(BACKGROUND);
  }

  private static BasicStroke stroke(float width, float @Nullable [] dashes) {
    return new BasicStroke(width, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 10, dashes, 0);
  }

  XYChart chart() {
    return chart;
  }

  void save(Path file) throws IOException {
    BitmapEncoder.saveBitmapWithDPI(chart, file.toString(), BitmapFormat.PNG, DOTS_PER_INCH);
  }
}
