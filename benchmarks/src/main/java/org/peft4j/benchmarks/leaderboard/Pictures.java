package org.peft4j.benchmarks.leaderboard;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.geom.Point2D;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
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

  /** About what the points may be apart from each other. */
  private static final double PLOT_WIDTH = 0.85 * WIDTH;

  private static final double PLOT_HEIGHT = 0.8 * HEIGHT;

  private static final Set<String> SHOWN =
      Set.of("full", "hft", "lora", "lora-ga", "vera", "svfit");
  private static final List<Color> COLORS =
      List.of(
          new Color(0x1f77b4),
          new Color(0xd62728),
          new Color(0x2ca02c),
          new Color(0x9467bd),
          new Color(0xff7f0e),
          new Color(0x444444));

  private Pictures() {}

  /** The files that are drawn in a folder. */
  static List<Path> in(Path folder) {
    return List.of(folder.resolve("leaderboard.png"), folder.resolve("curves.png"));
  }

  static void draw(List<Standing> standings, Path folder) throws IOException {
    save(points(standings), in(folder).get(0));
    save(curves(standings), in(folder).get(1));
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
    chart.getStyler().setAnnotationTextFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
    double[] learned = standings.stream().mapToDouble(Standing::loss).toArray();
    double[] forgotten = standings.stream().mapToDouble(Standing::forgotten).toArray();
    XYSeries series = chart.addSeries("methods", learned, forgotten);
    series.setMarkerColor(new Color(0x1f77b4));
    label(chart, standings, learned, forgotten);
    return chart;
  }

  private static void label(XYChart chart, List<Standing> standings, double[] xs, double[] ys) {
    double right = PLOT_WIDTH / Math.max(1e-9, max(xs) - min(xs));
    double up = PLOT_HEIGHT / Math.max(1e-9, max(ys) - min(ys));
    List<Point2D> points = new ArrayList<>();
    for (int i = 0; i < xs.length; i++) {
      points.add(new Point2D.Double(xs[i] * right, -ys[i] * up));
    }
    List<String> names = standings.stream().map(Standing::name).toList();
    List<Point2D> centers = Labels.of(points, names).centers();
    for (int i = 0; i < xs.length; i++) {
      double x = xs[i] + centers.get(i).getX() / right;
      double y = ys[i] - centers.get(i).getY() / up;
      chart.addAnnotation(new AnnotationText(names.get(i), x, y, false));
    }
  }

  private static XYChart curves(List<Standing> standings) {
    XYChart chart =
        chart("held-out loss in training (first seed)", "optimizer steps", "held-out loss");
    chart.getStyler().setLegendPosition(LegendPosition.InsideNE);
    for (Standing standing : shown(standings)) {
      Run run = standing.runs().get(0);
      XYSeries series = chart.addSeries(standing.name(), run.steps(), run.losses());
      series.setMarker(SeriesMarkers.NONE);
      int color = chart.getSeriesMap().size() - 1;
      series.setLineColor(COLORS.get(color % COLORS.size()));
      series.setLineStyle(color % 2 == 0 ? solid() : dashed());
    }
    return chart;
  }

  /** More than a few curves cannot be told apart: those that stand for many, or any few. */
  private static List<Standing> shown(List<Standing> standings) {
    List<Standing> known =
        standings.stream().filter(standing -> SHOWN.contains(standing.name())).toList();
    return known.isEmpty() ? standings.subList(0, Math.min(SHOWN.size(), standings.size())) : known;
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
