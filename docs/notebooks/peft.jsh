// What every session of ./peft jshell begins with.
import java.nio.file.*;
import java.util.*;
import java.util.stream.*;
import org.peft4j.*;
import org.peft4j.spec.*;
import org.peft4j.adapter.*;
import org.peft4j.adapters.*;
import org.peft4j.init.*;
import org.peft4j.initializer.*;
import org.peft4j.init.linalg.*;
import org.peft4j.kernel.DataType;
import org.peft4j.tensor.*;
import org.peft4j.train.*;
import org.peft4j.transformers.*;
import org.peft4j.transformers.checkpoint.*;
import org.peft4j.transformers.data.*;
import org.peft4j.transformers.generate.*;
import org.peft4j.transformers.model.*;
import org.peft4j.transformers.text.*;
import org.peft4j.cli.tiny.*;
import org.knowm.xchart.*;

// Charts that can be read in print and by the colour-blind: colours of Okabe and Ito, and for each curve its own dashes and markers.
final int[] COLORS = {0x0072B2, 0xD55E00, 0x009E73, 0x333333, 0xCC79A7, 0x56B4E9};
final float[][] DASHES = {null, {9, 4}, {2, 3}, {12, 3, 2, 3}, {5, 2}, {20, 5}};
final org.knowm.xchart.style.markers.Marker[] MARKERS = new org.knowm.xchart.style.theme.XChartTheme().getSeriesMarkers();

// An empty chart for curves.
XYChart lines(String title, String x, String y) {
  var chart = new XYChartBuilder().width(800).height(460).title(title).xAxisTitle(x).yAxisTitle(y).build();
  readable(chart.getStyler());
  return chart;
}

// An empty chart for bars.
CategoryChart bars(String title, String x, String y) {
  var chart = new CategoryChartBuilder().width(800).height(460).title(title).xAxisTitle(x).yAxisTitle(y).build();
  readable(chart.getStyler());
  return chart;
}

void readable(org.knowm.xchart.style.AxesChartStyler style) {
  var font = new java.awt.Font(java.awt.Font.SANS_SERIF, java.awt.Font.PLAIN, 16);
  style.setSeriesColors(Arrays.stream(COLORS).mapToObj(java.awt.Color::new).toArray(java.awt.Color[]::new)).setMarkerSize(9);
  style.setChartBackgroundColor(java.awt.Color.WHITE).setPlotBorderVisible(false).setChartPadding(12);
  style.setChartTitleFont(font.deriveFont(java.awt.Font.BOLD)).setChartTitlePadding(8).setLegendFont(font).setAnnotationTextFont(font);
  style.setLegendPosition(org.knowm.xchart.style.Styler.LegendPosition.InsideNE).setLegendBorderColor(java.awt.Color.WHITE).setLegendSeriesLineLength(50);
  style.setAxisTitleFont(font).setAxisTickLabelsFont(font).setPlotGridLinesColor(new java.awt.Color(0xE4E4E4)).setPlotGridLinesStroke(new java.awt.BasicStroke(1));
  style.setYAxisMin(0.0);
}

// Adds a curve: dashed, with a marker for each point; of more than 20 points a solid one, with a marker here and there.
void line(XYChart chart, String name, double[] xs, double[] ys) {
  int number = (int) chart.getSeriesMap().values().stream().filter(s -> s.isShowInLegend()).count();
  boolean few = xs.length <= 20;
  double unit = few ? 1 : Math.pow(10, Math.round(Math.log10(xs.length)) - 1);
  int[] marked = IntStream.range(0, xs.length).filter(i -> few || i == 0 || xs[i] % unit == 0).toArray();
  var points = chart.addSeries(name, IntStream.of(marked).mapToDouble(i -> xs[i]).toArray(), IntStream.of(marked).mapToDouble(i -> ys[i]).toArray());
  points.setMarker(MARKERS[number % MARKERS.length]).setMarkerColor(new java.awt.Color(COLORS[number % COLORS.length]));
  points.setLineColor(points.getMarkerColor()).setLineStyle(few ? stroke(DASHES[number % DASHES.length]) : org.knowm.xchart.style.lines.SeriesLines.NONE);
  if (!few) {
    var all = chart.addSeries(name + ", all points", xs, ys);
    all.setShowInLegend(false);
    all.setMarker(org.knowm.xchart.style.markers.SeriesMarkers.NONE).setLineColor(points.getMarkerColor()).setLineStyle(stroke(null));
  }
}

java.awt.BasicStroke stroke(float[] dashes) {
  return new java.awt.BasicStroke(2.5f, java.awt.BasicStroke.CAP_BUTT, java.awt.BasicStroke.JOIN_ROUND, 10, dashes, 0);
}

// Writes a picture to a file, says where, and returns it, so that a notebook shows it.
java.awt.image.BufferedImage picture(org.knowm.xchart.internal.chartpart.Chart<?, ?> chart, Path file) throws java.io.IOException {
  BitmapEncoder.saveBitmapWithDPI(chart, file.toString(), BitmapEncoder.BitmapFormat.PNG, 144);
  System.out.println("picture: " + file);
  return BitmapEncoder.getBufferedImage(chart);
}
