package org.peft4j.listeners;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class CurveTest {

  private static final Offset<Double> EXACT = Offset.offset(1e-12);

  @Test
  void smoothingKeepsAStraightLineButForItsEnds() {
    Curve line = new Curve();
    for (int step = 1; step <= 200; step++) {
      line.add(step, 3 - 0.01 * step);
    }

    double[] smooth = line.smoothed().values();

    assertThat(smooth[0]).isCloseTo(3 - 0.01 * 3.5, EXACT);
    for (int i = 5; i < 195; i++) {
      assertThat(smooth[i]).isCloseTo(3 - 0.01 * (i + 1), EXACT);
    }
    assertThat(smooth[199]).isCloseTo(3 - 0.01 * 197.5, EXACT);
  }

  @Test
  void smoothingTakesTheMeanOfTheNeighbours() {
    Curve curve = new Curve();
    curve.add(1, 4);
    curve.add(2, 1);
    curve.add(3, 7);
    curve.add(4, 1);

    assertThat(curve.smoothed().values()).containsExactly(2.5, 4, 3, 4);
  }

  @Test
  void thinningKeepsTheEndsAndTheExtremes() {
    Curve curve = new Curve();
    for (int step = 1; step <= 50_000; step++) {
      curve.add(step, step == 31_415 ? 9 : step == 27_182 ? -9 : Math.sin(step));
    }

    Curve thin = curve.thinned();

    assertThat(thin.size()).isLessThanOrEqualTo(800);
    assertThat(thin.values()).contains(9.0, -9.0);
    assertThat(thin.steps()).isSorted();
    assertThat(thin.steps()[0]).isLessThanOrEqualTo(125);
    assertThat(thin.steps()[thin.size() - 1]).isGreaterThan(49_875);
  }

  @Test
  void leavesOutWhatIsNotFinite() {
    Curve curve = new Curve();
    curve.add(1, 1);
    curve.add(2, Double.NaN);
    curve.add(3, Double.POSITIVE_INFINITY);
    curve.add(4, 2);

    assertThat(curve.steps()).containsExactly(1, 4);
  }

  @Test
  void forgetsWhatComesAfterAStep() {
    Curve curve = new Curve();
    curve.add(1, 1);
    curve.add(2, 2);
    curve.add(3, 3);
    curve.cutAfter(2);

    assertThat(curve.values()).containsExactly(1, 2);
  }

  @Test
  void numbersOnAnAxisAreShort() {
    assertThat(List.of(0.0, 1e-4, 1.8e-4, 0.02, 0.30000000000000004, 9.064715749457807, 120.0, 2e6))
        .extracting(CurvesChart::number)
        .containsExactly("0", "1e-4", "1.8e-4", "0.02", "0.3", "9.065", "120", "2e6");
  }

  @Test
  void stepsOnAnAxisAreRound() {
    assertThat(List.of(0, 5, 10, 11, 20, 21, 99, 101, 299, 30_000))
        .extracting(CurvesChart::unit)
        .containsExactly(1L, 1L, 1L, 2L, 2L, 5L, 10L, 20L, 50L, 5000L);
  }
}
