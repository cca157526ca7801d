package org.peft4j.convert;

import java.util.Arrays;
import java.util.Optional;
import org.peft4j.adapter.LowRank;
import org.peft4j.adapter.LowRankUpdate;
import org.peft4j.initializer.Decomposer;
import org.peft4j.initializer.Decomposition;
import org.peft4j.tensor.Tensor;

/** Finds the smallest factors for a layer's update by its singular values. */
final class Recompression {

  /** What rounding in float64 leaves where nothing should be, relative to the factors. */
  private static final double ROUNDING = 1e-13;

  private final Decomposer decomposer;
  private final LoraExport settings;

  Recompression(Decomposer decomposer, LoraExport settings) {
    this.decomposer = decomposer;
    this.settings = settings;
  }

  /**
   * An update that is known as factors.
   *
   * @param scaling the factor that LoRA will put on the product
   */
  ConvertedLayer ofProduct(String path, LowRankUpdate update, double scaling) {
    LowRank factors = update.factors();
    double ratio = update.scaling() / scaling;
    Decomposition svd = times(ratio, decomposer.decomposeProduct("the update of " + path, factors));
    double nothing =
        Math.abs(ratio)
            * ROUNDING
            * MergedUpdate.norm(factors.a())
            * MergedUpdate.norm(factors.b());
    LowRankUpdate kept = new LowRankUpdate(kept(svd, nothing), scaling, bias(update, ratio));
    return new ConvertedLayer(kept, report(path, update.rank(), svd, kept));
  }

  /**
   * An update that is known as a matrix.
   *
   * @param scaling the factor that LoRA will put on the product
   */
  ConvertedLayer ofMatrix(String path, MergedUpdate update, double scaling) {
    Decomposition svd =
        times(1 / scaling, decomposer.decompose("the update of " + path, update.matrix()));
    LowRank factors = kept(svd, update.rounding() / scaling);
    LowRankUpdate kept = new LowRankUpdate(factors, scaling);
    return new ConvertedLayer(kept, report(path, svd.size(), svd, kept));
  }

  private static LoraReport.Layer report(
      String path, int before, Decomposition svd, LowRankUpdate kept) {
    boolean isNothing = MergedUpdate.norm(kept.factors().b()) == 0;
    double error = isNothing ? 0 : svd.errorOf(kept.rank());
    return new LoraReport.Layer(path, before, kept.rank(), error);
  }

  private static Decomposition times(double ratio, Decomposition svd) {
    double[] u = Arrays.stream(svd.u()).map(value -> Math.signum(ratio) * value).toArray();
    double[] values = Arrays.stream(svd.singularValues()).map(s -> Math.abs(ratio) * s).toArray();
    return new Decomposition(u, values, svd.vt());
  }

  /**
   * {@code B = U·√S} and {@code A = √S·Vᵀ} of the components that count. LoRA cannot have none; of
   * an update of nothing it gets one whose B is zero, so that it can still be trained.
   */
  private LowRank kept(Decomposition svd, double nothing) {
    if (svd.singularValues()[0] <= nothing) {
      Decomposition first = svd.leading(1);
      double[] one = {1};
      double[] zero = {0};
      return new LowRank(rows(first.vt(), one), columns(first.u(), zero));
    }
    Decomposition kept = svd.leading(countOf(svd, nothing));
    double[] roots = Arrays.stream(kept.singularValues()).map(Math::sqrt).toArray();
    return new LowRank(rows(kept.vt(), roots), columns(kept.u(), roots));
  }

  private int countOf(Decomposition svd, double nothing) {
    double[] values = svd.singularValues();
    double least = Math.max(nothing, settings.tolerance() * values[0]);
    int counting = (int) Arrays.stream(values).filter(value -> value > least).count();
    return Math.min(counting, settings.rank().orElse(counting));
  }

  private static Tensor rows(double[] vt, double[] factors) {
    int columns = vt.length / factors.length;
    double[] scaled = new double[vt.length];
    Arrays.setAll(scaled, at -> factors[at / columns] * vt[at]);
    return Tensor.of(scaled, factors.length, columns);
  }

  private static Tensor columns(double[] u, double[] factors) {
    double[] scaled = new double[u.length];
    Arrays.setAll(scaled, at -> factors[at % factors.length] * u[at]);
    return Tensor.of(scaled, u.length / factors.length, factors.length);
  }

  private static Optional<Tensor> bias(LowRankUpdate update, double ratio) {
    return update
        .bias()
        .map(
            bias -> {
              double[] values = bias.value().toDoubles();
              Arrays.setAll(values, i -> ratio * values[i]);
              return Tensor.of(values, values.length);
            });
  }
}
