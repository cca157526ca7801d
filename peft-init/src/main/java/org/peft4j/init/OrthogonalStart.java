package org.peft4j.init;

import java.util.stream.IntStream;
import org.peft4j.adapter.AdapterSite;
import org.peft4j.adapter.LowRank;
import org.peft4j.init.linalg.Matrix;
import org.peft4j.init.linalg.Qr;
import org.peft4j.initializer.FromShape;

/**
 * Two factors that are both not zero but whose product is: they live in orthogonal halves of the
 * rank (Datta Nimmaturi, "Rethink LoRA initialisations", 2024; Hugging Face PEFT's {@code
 * orthogonal}).
 *
 * <p>With a random orthogonal Q [rank, rank] and normal N [rank/2, in] and M [out, rank/2]: {@code
 * A = Q₁ᵀ·N / 10} and {@code B = M·Q₂ / 10}, Q₁ the rows of Q of even number and Q₂ the others. The
 * layer starts equal to the base, and both factors receive gradients from the first step.
 *
 * <p>To repeat runs that used it, and where B at zero is slow to leave it. The rank must be even.
 */
public record OrthogonalStart() implements FromShape {

  /** Hugging Face PEFT's, chosen to keep the numbers small. */
  private static final double SIZE = 0.1;

  @Override
  public String name() {
    return "orthogonal";
  }

  @Override
  public LowRank start(AdapterSite site, int rank) {
    if (rank % 2 != 0) {
      throw new IllegalArgumentException(
          "the orthogonal start halves the rank, so at "
              + site.path()
              + " it must be even but was "
              + rank);
    }
    Matrix q = Qr.of(site.path(), normal(site, "orthogonal_Q", rank, rank)).q();
    Matrix n = normal(site, "orthogonal_A", rank / 2, site.in());
    Matrix m = normal(site, "orthogonal_B", site.out(), rank / 2);
    return new LowRank(
        site.trained(everySecondRow(q, 0).transposeTimes(n).times(SIZE).toArray(), rank, site.in()),
        site.trained(m.times(everySecondRow(q, 1)).times(SIZE).toArray(), site.out(), rank));
  }

  private static Matrix everySecondRow(Matrix q, int first) {
    double[] chosen =
        IntStream.range(0, q.rows() / 2)
            .boxed()
            .flatMapToDouble(
                row -> IntStream.range(0, q.columns()).mapToDouble(j -> q.get(2 * row + first, j)))
            .toArray();
    return Matrix.of(q.rows() / 2, q.columns(), chosen);
  }

  private static Matrix normal(AdapterSite site, String name, int rows, int columns) {
    return Matrix.of(site.normal(name, 1, rows, columns).value());
  }
}
