package org.peft4j.init;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;
import org.jspecify.annotations.Nullable;
import org.peft4j.adapter.AdapterSite;
import org.peft4j.init.linalg.Matrix;
import org.peft4j.init.linalg.Svd;
import org.peft4j.init.linalg.SymmetricEigen;
import org.peft4j.initializer.FromActivations;
import org.peft4j.initializer.Initializer;
import org.peft4j.initializer.InputStatistic;
import org.peft4j.initializer.Start;
import org.peft4j.kernel.Buffer;
import org.peft4j.settings.FileKey;
import org.peft4j.settings.Require;

/**
 * CorDA (Yang et al., NeurIPS 2024, arXiv 2406.05223): splits the weight by what the inputs of its
 * layer look like, and trains one end of it.
 *
 * <p>With C [in, in] the mean of {@code xᵀ·x} over samples x [tokens, in], each divided by its
 * size, {@code C' = C + λ·mean(diag C)·I}, {@code W·C' = U·diag(S)·Vᵀ} [out, in] and {@code V̂ᵀ =
 * Vᵀ·C'⁻¹}, W is {@code U·diag(S)·V̂ᵀ}. Of r of these components and the scale s: {@code B =
 * U·diag(√(S/s))} [out, r] and {@code A = diag(√(S/s))·V̂ᵀ} [r, in]. The layer starts equal to the
 * base.
 *
 * <p>Computed in float64 from {@code C' = Q·Λ·Qᵀ}, the SVD of {@code W·Q·Λ = U·diag(S)·Zᵀ} and
 * {@code V̂ᵀ = Zᵀ·Λ⁻¹·Qᵀ}, without an inverse. The condition number of C' is at most {@code 1 +
 * in/λ}, so λ never has to be doubled until the inverse is good enough, as in float32.
 *
 * <p>Instruction-previewed (IPM), calibrated on samples of the task, it learns that task faster
 * than LoRA; knowledge-preserved (KPM), calibrated on questions about what must not be forgotten,
 * it forgets less. KPM's components are the smallest: what they hold of W may be mere noise. Give
 * it at least {@code 128·in} tokens; from fewer, C is poorly known, which shows as a large
 * condition number. Wants smaller learning rates than LoRA's own start; the authors use 2e-5 at
 * rank and alpha 128 with 256 samples.
 *
 * @param mode which components train
 * @param normalizer what each sample is divided by, which weighs the samples against each other.
 *     The default is the authors' {@code |max x|} with minus signs left out: with about 256 samples
 *     their learning rates stay right, and a sample whose entries are at most just above zero does
 *     not outweigh all others
 * @param balanced whether A and B are rescaled to equal norm. Otherwise, of a C that is c times as
 *     large, A is {@code 1/√c} and B {@code √c} times as large, at the same product: normalizer and
 *     number of tokens per sample then decide which of the two trains faster. Off by default, as in
 *     the paper; worth it with any normalizer that is not the authors'
 * @param metric what W is multiplied by
 * @param damping λ, above 0; 0.01 is the authors'
 */
public record CordaStart(
    @FileKey("corda_method") Mode mode,
    Normalizer normalizer,
    boolean balanced,
    Metric metric,
    double damping)
    implements FromActivations {

  /** Which components train. */
  public enum Mode {
    /** Instruction-previewed: the largest. */
    IPM,
    /** Knowledge-preserved: the smallest, so that the largest stay frozen. */
    KPM;

    private Svd of(Svd all, int rank) {
      int first = this == IPM ? 0 : all.size() - rank;
      return all.components(first, first + rank);
    }

    private String key() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What each sample is divided by before it enters C, and C by in the end. */
  public enum Normalizer {
    /**
     * The authors': {@code |max x|}, where minus signs count; C by 256, however many there were.
     */
    OFFICIAL(SampleSize.SIGNED_MAXIMUM),
    /**
     * Hugging Face PEFT's: {@code |max x|}, where minus signs count; C by the number of samples.
     */
    PEFT(SampleSize.SIGNED_MAXIMUM),
    /** {@code max |x|}; C by the number of samples. */
    LARGEST(SampleSize.LARGEST),
    /** {@code √(mean x²)}; C by the number of samples. */
    RMS(SampleSize.RMS),
    /** Nothing; C by the number of samples. */
    NONE(SampleSize.NONE);

    private static final double OFFICIAL_COUNT = 256;

    private final SampleSize size;

    Normalizer(SampleSize size) {
      this.size = size;
    }

    private Matrix covariance(Map<String, Buffer> seen) {
      double count = this == OFFICIAL ? OFFICIAL_COUNT : InputCovariance.samples(seen);
      return InputCovariance.sum(seen).times(1 / count);
    }
  }

  /** What W is multiplied by before it is decomposed. */
  public enum Metric {
    /** C', as in the paper: the components that are left out are least in {@code ‖ΔW·C'‖}. */
    COVARIANCE,
    /**
     * The square root of C', as in EoRA (Liu et al., 2024, arXiv 2410.21271): they are least in
     * {@code ‖ΔW·Xᵀ‖}, the change of the layer's output.
     */
    ROOT;

    private double of(double eigenvalue) {
      return this == COVARIANCE ? eigenvalue : Math.sqrt(eigenvalue);
    }
  }

  public CordaStart {
    Objects.requireNonNull(mode, "mode");
    Objects.requireNonNull(normalizer, "normalizer");
    Objects.requireNonNull(metric, "metric");
    Require.positive("damping", damping);
  }

  /** The authors', but for the flaw of their normalizer; for learning a task. */
  public CordaStart() {
    this(Mode.IPM, Normalizer.LARGEST, false, Metric.COVARIANCE, 0.01);
  }

  /** This initializer, training other components. */
  public CordaStart in(Mode other) {
    return new CordaStart(other, normalizer, balanced, metric, damping);
  }

  /** This initializer with samples divided by something else. */
  public CordaStart normalizedBy(Normalizer other) {
    return new CordaStart(mode, other, balanced, metric, damping);
  }

  @Override
  public String name() {
    return fileName() + "_" + mode.key();
  }

  @Override
  public String fileName() {
    return "corda";
  }

  @Override
  public Optional<Initializer> called(String name) {
    return name.equals(fileName())
        ? Optional.of(this)
        : Arrays.stream(Mode.values())
            .<Initializer>map(this::in)
            .filter(start -> name.equals(start.name()))
            .findFirst();
  }

  /** What the file's format has no key for, it does not tell. */
  @Override
  public Map<String, Object> fileSettings() {
    Map<String, @Nullable Object> config = new LinkedHashMap<>();
    config.put("cache_file", null);
    config.put("corda_method", mode.key());
    config.put("covariance_file", null);
    config.put("prune_temporary_fields", true);
    config.put("use_float16_for_covariance", false);
    config.put("verbose", false);
    return Map.of("corda_config", config);
  }

  @Override
  public boolean startsAtZero() {
    return false;
  }

  @Override
  public InputStatistic statistic() {
    return new InputCovariance(normalizer.size);
  }

  @Override
  public Start start(AdapterSite site, int rank, double scaling, Map<String, Buffer> seen) {
    requireFinite(site);
    requireRank(site, rank);
    SymmetricEigen axes = axes(site, normalizer.covariance(seen));
    double[] lengths = lengths(axes.values());
    Matrix weight = Matrix.of(site.weight());
    Svd all = Svd.of(site.path(), weight.timesTranspose(axes.vectors()).scaleColumns(lengths));
    Svd kept = mode.of(all, rank);
    double[] roots = each(kept.singularValues(), value -> Math.sqrt(value / scaling));
    Matrix b = kept.u().scaleColumns(roots);
    Matrix back = kept.vt().scaleColumns(each(lengths, length -> 1 / length));
    Matrix a = back.times(axes.vectors()).scaleRows(roots);
    double balance = balanced && a.norm() > 0 ? Math.sqrt(b.norm() / a.norm()) : 1;
    return Start.at(
            site.trained(a.times(balance).toArray(), rank, site.in()),
            site.trained(b.times(1 / balance).toArray(), site.out(), rank))
        .holding(share(kept.singularValues(), all.singularValues()))
        .conditioned(lengths[0] / lengths[lengths.length - 1]);
  }

  private static SymmetricEigen axes(AdapterSite site, Matrix covariance) {
    if (covariance.columns() != site.in()) {
      throw new IllegalArgumentException(
          "the inputs of "
              + site.path()
              + " are "
              + site.in()
              + " wide but the statistics are of inputs "
              + covariance.columns()
              + " wide; they belong to another model");
    }
    return SymmetricEigen.descending("the covariance of the inputs of " + site.path(), covariance);
  }

  /** Diagonal of Λ, or of its root; what rounding made negative is zero before damping. */
  private double[] lengths(double[] eigenvalues) {
    double damp = damping * Arrays.stream(eigenvalues).average().orElseThrow();
    return each(eigenvalues, value -> metric.of(Math.max(0, value) + damp));
  }

  private static double[] each(double[] values, DoubleUnaryOperator function) {
    return Arrays.stream(values).map(function).toArray();
  }

  /** Share of the squares; of a weight that is zero, everything. */
  private static double share(double[] kept, double[] all) {
    double whole = Arrays.stream(all).map(value -> value * value).sum();
    return whole == 0 ? 1 : Arrays.stream(kept).map(value -> value * value).sum() / whole;
  }

  private static void requireFinite(AdapterSite site) {
    double[] rows = site.squaredRowNorms();
    for (int i = 0; i < rows.length; i++) {
      if (!Double.isFinite(rows[i])) {
        throw new IllegalArgumentException(
            "the weight of "
                + site.path()
                + " must hold finite numbers but has others in row "
                + i);
      }
    }
  }

  private void requireRank(AdapterSite site, int rank) {
    int limit = Math.min(site.in(), site.out());
    if (rank > limit) {
      throw new IllegalArgumentException(
          site.path()
              + " is ["
              + site.out()
              + ", "
              + site.in()
              + "], so "
              + name()
              + " can start a rank of at most "
              + limit
              + " there but it was "
              + rank);
    }
  }
}
