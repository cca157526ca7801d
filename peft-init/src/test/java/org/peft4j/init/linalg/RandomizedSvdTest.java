package org.peft4j.init.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.peft4j.init.linalg.Matrices.assertClose;
import static org.peft4j.init.linalg.Matrices.assertOrthonormalColumns;
import static org.peft4j.init.linalg.Matrices.assertOrthonormalRows;
import static org.peft4j.init.linalg.Matrices.assertSigned;
import static org.peft4j.init.linalg.Matrices.decaying;
import static org.peft4j.init.linalg.Matrices.normal;
import static org.peft4j.init.linalg.Matrices.withSpectrum;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;

class RandomizedSvdTest {

  @ParameterizedTest
  @CsvSource({"200, 90", "90, 200", "120, 120"})
  void agreesWithTheExactOneOnDecayingSpectra(int rows, int columns) {
    Matrix a = withSpectrum(1, rows, columns, decaying(80, 0.8));
    Svd sketched = Sketch.of(10, 4, 7).decompose("a", a);
    Svd exact = Svd.of("a", a).components(0, 10);
    assertThat(sketched.singularValues())
        .containsExactly(exact.singularValues(), Offset.offset(1e-12));
    assertClose(sketched.u(), exact.u(), 1e-7);
    assertClose(sketched.vt(), exact.vt(), 1e-7);
  }

  @ParameterizedTest
  @CsvSource({"100, 60", "60, 100"})
  void recoversAMatrixOfTheWantedRankWithoutIterations(int rows, int columns) {
    Matrix a = withSpectrum(2, rows, columns, 5, 4, 3, 3, 1);
    Svd svd = Sketch.of(5, 0, 1).decompose("a", a);
    assertClose(svd.product(), a, 1e-13);
    Svd wider = Sketch.of(8, 1, 1).decompose("a", a);
    assertThat(wider.singularValues())
        .containsExactly(new double[] {5, 4, 3, 3, 1, 0, 0, 0}, Offset.offset(1e-13));
    assertOrthonormalColumns(wider.u(), 1e-12);
    assertOrthonormalRows(wider.vt(), 1e-12);
  }

  @ParameterizedTest
  @CsvSource({"40, 9", "9, 40"})
  void isExactWhereTheSketchIsAsWideAsTheMatrix(int rows, int columns) {
    Matrix a = normal(3, rows, columns);
    RandomizedSvd full = RandomizedSvd.of("a", a, Sketch.of(4, 0, 1));
    Svd exact = Svd.of("a", a).components(0, 4);
    assertThat(full.sketch().width()).isEqualTo(9);
    assertThat(full.svd().vt().toArray()).containsExactly(exact.vt().toArray());
    assertThat(full.svd().u().toArray()).containsExactly(exact.u().toArray());
  }

  @Test
  void getsBetterWithWidthAndIterations() {
    Matrix a = withSpectrum(4, 150, 100, decaying(100, 0.97));
    double best = a.minus(Svd.of("a", a).components(0, 12).product()).norm();
    double poor = error(a, Sketch.withoutOversampling(12, 0, 5));
    double iterated = error(a, Sketch.withoutOversampling(12, 4, 5));
    double good = error(a, Sketch.of(12, 4, 5));
    assertThat(poor).isGreaterThan(iterated);
    assertThat(iterated).isGreaterThan(good);
    assertThat(good).isBetween(best, best * 1.001);
  }

  private static double error(Matrix a, Sketch sketch) {
    return a.minus(sketch.decompose("a", a).product()).norm();
  }

  @Test
  void losesNoDirectionToManyIterations() {
    Matrix a = withSpectrum(5, 80, 60, decaying(10, 1e-1));
    Svd svd = Sketch.of(10, 16, 3).decompose("a", a);
    assertThat(svd.singularValues()).containsExactly(decaying(10, 1e-1), Offset.offset(1e-14));
  }

  @ParameterizedTest
  @CsvSource({"200, 90", "90, 200"})
  void worksInFloat32ToItsAccuracy(int rows, int columns) {
    Matrix a = withSpectrum(6, rows, columns, decaying(80, 0.8));
    Svd narrow = Sketch.of(10, 4, 7).in(DataType.FLOAT32).decompose("a", a);
    Svd exact = Svd.of("a", a).components(0, 10);
    assertThat(narrow.singularValues())
        .containsExactly(exact.singularValues(), Offset.offset(1e-6));
    assertClose(narrow.product(), exact.product(), 1e-6);
    assertOrthonormalColumns(narrow.u(), 2e-6);
    assertOrthonormalRows(narrow.vt(), 2e-6);
    assertSigned(narrow.vt());
  }

  @Test
  void takesAZeroMatrix() {
    Svd svd = Sketch.of(2, 2, 1).decompose("a", new Matrix(30, 20, new double[600]));
    assertThat(svd.singularValues()).containsExactly(0, 0);
    assertOrthonormalRows(svd.vt(), 1e-13);
  }

  @ParameterizedTest
  @CsvSource({"FLOAT32", "FLOAT64"})
  void givesTheSameBitsForTheSameSeed(DataType type) {
    Matrix a = normal(8, 70, 50);
    Svd first = Sketch.of(4, 2, 11).in(type).decompose("a", a);
    Svd second = Sketch.of(4, 2, 11).in(type).decompose("a", a);
    Svd other = Sketch.of(4, 2, 12).in(type).decompose("a", a);
    assertThat(second.u().toArray()).containsExactly(first.u().toArray());
    assertThat(second.vt().toArray()).containsExactly(first.vt().toArray());
    assertThat(second.singularValues()).containsExactly(first.singularValues());
    assertThat(other.u().toArray()).isNotEqualTo(first.u().toArray());
  }

  @Test
  void recordsHowItWasFound() {
    Sketch sketch = Sketch.of(4, 2, 11);
    assertThat(RandomizedSvd.of("a", normal(9, 70, 50), sketch).sketch())
        .isEqualTo(new Sketch(4, 12, 2, 11, DataType.FLOAT64));
    assertThat(Sketch.of(64, 2, 11).width()).isEqualTo(80);
    assertThat(Sketch.withoutOversampling(64, 2, 11).width()).isEqualTo(64);
  }

  @Test
  void rejectsARankAboveTheMatrix() {
    Matrix a = normal(1, 16, 32);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Sketch.of(17, 2, 1).decompose("q_proj", a))
        .withMessage("q_proj is [16, 32], so rank must be at most 16 but was 17");
  }

  @Test
  void saysWhichEntryIsNotFinite() {
    double[] values = normal(1, 50, 40).toArray();
    values[3 * 40 + 5] = Double.NaN;
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Sketch.of(2, 2, 1).decompose("q_proj", new Matrix(50, 40, values)))
        .withMessage("q_proj must hold finite numbers but has NaN at row 3, column 5");
  }

  @Test
  void rejectsSettingsThatMakeNoSketch() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Sketch.of(0, 2, 1))
        .withMessage("rank must be at least 1 but was 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Sketch(4, 3, 2, 1, DataType.FLOAT32))
        .withMessage("width must be at least the rank, 4, but was 3");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Sketch.of(4, -1, 1))
        .withMessage("iterations must be at least 0 but was -1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Sketch.of(4, 1, 1).in(DataType.BFLOAT16))
        .withMessage("type must be FLOAT32 or FLOAT64 but was BFLOAT16");
  }

  @ParameterizedTest
  @CsvSource({"200, 90", "90, 200"})
  void readsABufferOfItsTypeWhereItLies(int rows, int columns) {
    Matrix a = withSpectrum(6, rows, columns, decaying(80, 0.8));
    Buffer buffer = Buffer.allocate(DataType.FLOAT32, a.shape());
    a.copyTo(buffer);
    Sketch sketch = Sketch.of(10, 4, 7).in(DataType.FLOAT32);

    Svd svd = sketch.decompose("a", buffer);

    assertThat(svd.vt().toArray()).containsExactly(sketch.decompose("a", a).vt().toArray());
    assertClose(Matrix.of(buffer), a, 1e-7);
  }

  @Test
  void takesFloat32OfLittleOrNoRank() {
    Svd low =
        Sketch.of(8, 1, 1)
            .in(DataType.FLOAT32)
            .decompose("a", withSpectrum(2, 100, 60, 5, 4, 3, 3, 1));
    assertThat(low.singularValues())
        .containsExactly(new double[] {5, 4, 3, 3, 1, 0, 0, 0}, Offset.offset(5e-6));
    assertOrthonormalColumns(low.u(), 5e-6);
    assertOrthonormalRows(low.vt(), 5e-6);
    Svd zero =
        Sketch.of(2, 2, 1).in(DataType.FLOAT32).decompose("a", new Matrix(30, 20, new double[600]));
    assertThat(zero.singularValues()).containsExactly(0, 0);
    assertOrthonormalRows(zero.vt(), 1e-6);
  }
}
