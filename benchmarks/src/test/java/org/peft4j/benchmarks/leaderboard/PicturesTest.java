package org.peft4j.benchmarks.leaderboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.markers.SeriesMarkers;

class PicturesTest {

  private static final Path DOCS = Path.of("../docs");

  @TempDir Path folder;

  @Test
  void aPageHasTheRatesOfEveryMethod() {
    String table =
        Table.of(List.of(standing("lora", 2.9, 2.8, 2.85), standing("vera", 3.1, 3, 3.6)), 5, 2);

    List<Sweep> sweeps = Sweep.in(table);

    assertThat(sweeps).extracting(Sweep::name).containsExactly("lora", "vera");
    assertThat(sweeps.get(0).points())
        .contains(new Sweep.Point(1e-3, 2.9, 3.0), new Sweep.Point(2e-3, 2.8, 3.5));
    assertThat(sweeps.get(0).best().rate()).isEqualTo(2e-3);
  }

  @Test
  void ratesAtWhichTrainingBrokeDownAreLeftOut() {
    assertThat(Sweep.of(standing("vera", 3.1, 3, 3.6)).sound())
        .extracting(Sweep.Point::rate)
        .containsExactly(1e-3, 2e-3);
  }

  @Test
  void fewAreShownAndTheOthersAreGrey() {
    List<Standing> standings =
        List.of(standing("dora", 3, 2), standing("lora", 3, 2), standing("miss", 3, 2));

    XYChart curves = Pictures.curves(standings).chart();
    XYChart tradeOff = Pictures.tradeOff(standings.stream().map(Sweep::of).toList()).chart();

    assertThat(inLegend(curves)).containsExactly("the others", "lora (46,240)");
    assertThat(inLegend(tradeOff)).containsExactly("the others, at their best rates", "lora");
  }

  @Test
  void curvesDifferInMoreThanColour() {
    List<Standing> standings =
        List.of(standing("a", 3, 2), standing("b", 3, 2), standing("c", 3, 2));

    XYChart curves = Pictures.curves(standings).chart();

    assertThat(curves.getSeriesMap().values())
        .extracting(XYSeries::getMarker)
        .doesNotHaveDuplicates()
        .doesNotContain(SeriesMarkers.NONE);
    assertThat(curves.getSeriesMap().values())
        .extracting(XYSeries::getLineStyle)
        .doesNotHaveDuplicates();
  }

  @Test
  void thoseOfTheDocumentsCanBeDrawnAgain() throws IOException {
    Redraw.main(
        new String[] {
          DOCS.resolve("choosing.md").toString(),
          DOCS.resolve("measured/leaderboard.json").toString(),
          folder.toString()
        });

    assertThat(Pictures.in(folder)).allSatisfy(picture -> assertThat(picture).isNotEmptyFile());
    assertThat(Sweep.in(Files.readString(DOCS.resolve("choosing.md")))).hasSize(18);
  }

  private static List<String> inLegend(XYChart chart) {
    Set<String> names = chart.getSeriesMap().keySet();
    return names.stream().filter(name -> chart.getSeriesMap().get(name).isShowInLegend()).toList();
  }

  /** With one run for each loss, at rates of 1e-3, 2e-3 ... */
  private static Standing standing(String name, double... losses) {
    List<Run> sweep =
        IntStream.range(0, losses.length)
            .mapToObj(i -> run((i + 1) * 1e-3, losses[i], 3 + i * 0.5))
            .toList();
    return new Standing(name, List.of(sweep.get(1)), sweep);
  }

  private static Run run(double rate, double loss, double forgotten) {
    return new Run(rate, 0, 46_240, 0, 0, 0, List.of(20, 40), List.of(4.0, loss), forgotten);
  }
}
