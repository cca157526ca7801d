package org.peft4j.benchmarks.leaderboard;

import java.awt.BasicStroke;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.knowm.xchart.AnnotationText;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The standings as pictures: what is learned against what is forgotten, and how fast. */
final class Pictures {

  private static final int WIDTH = 1100;
  private static final int HEIGHT = 750;

  private Pictures() {}

  static void draw(List<Standing> standings, Path folder) throws IOException {
    save(points(standings), folder.resolve("leaderboard"));
    save(curves(standings), folder.resolve("curves"));
  }

  private static void save(XYChart chart, Path file) throws IOException {
    BitmapEncoder.saveBitmap(chart, file.toString(), BitmapFormat.PNG);
  }

  private static XYChart points(List<Standing> standings) {
    XYChart chart =
        chart(
            "learned and forgotten (lower left is better)",
            "loss on held-out text of the task",
            "loss on stories, which the base knew");
    chart.getStyler().setLegendVisible(false);
    chart.getStyler().setDefaultSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Scatter);
    double[] learned = standings.stream().mapToDouble(Standing::loss).toArray();
    double[] forgotten = standings.stream().mapToDouble(Standing::forgotten).toArray();
    XYSeries series = chart.addSeries("methods", learned, forgotten);
    series.setMarkerColor(new Color(0x1f77b4));
    double lift = (max(forgotten) - min(forgotten)) / 40;
    for (int i = 0; i < learned.length; i++) {
      AnnotationText label =
          new AnnotationText(standings.get(i).name(), learned[i], forgotten[i] + lift, false);
      chart.addAnnotation(label);
    }
    return chart;
  }

  private static XYChart curves(List<Standing> standings) {
    XYChart chart =
        chart("held-out loss in training (first seed)", "optimizer steps", "held-out loss");
    chart.getStyler().setLegendPosition(LegendPosition.OutsideE);
    for (int i = 0; i < standings.size(); i++) {
      Run run = standings.get(i).runs().get(0);
      XYSeries series = chart.addSeries(standings.get(i).name(), run.steps(), run.losses());
      series.setMarker(SeriesMarkers.NONE);
      series.setLineColor(Color.getHSBColor((float) i / standings.size(), 0.85f, 0.75f));
      series.setLineStyle(i % 2 == 0 ? solid() : dashed());
    }
    return chart;
  }

  private static BasicStroke solid() {
    return new BasicStroke(2);
  }

  private static BasicStroke dashed() {
    float[] pattern = {6, 4};
    return new BasicStroke(2, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 10, pattern, 0);
  }

  private static XYChart chart(String title, String x, String y) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(title)
            .xAxisTitle(x)
            .yAxisTitle(y)
            .build();
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    chart.getStyler().setPlotGridLinesVisible(true);
    return chart;
  }

  private static double max(double[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> values[i]).max().orElse(0);
  }

  private static double min(double[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> values[i]).min().orElse(0);
  }
}
