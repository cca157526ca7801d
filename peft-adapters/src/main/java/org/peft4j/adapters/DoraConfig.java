package org.peft4j.adapters;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.AdapterSite;
import org.peft4j.adapter.Base;
import org.peft4j.adapter.BaseEffect;
import org.peft4j.adapter.LowRank;
import org.peft4j.adapter.Ranked;
import org.peft4j.adapter.Trainable;
import org.peft4j.settings.FileKey;
import org.peft4j.settings.Require;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/**
 * DoRA (Liu et al., ICML 2024, arXiv 2402.09353): LoRA whose rows are brought to a trained length.
 *
 * <p>{@code y = m/n ∘ (W·x + s·B·(A·x))} with A [rank, in], B [out, rank] and m [out] trained, n
 * the lengths of the rows of {@code W + s·B·A}, through which no gradient flows (section 4.3 of the
 * paper). B starts at zero and m at the lengths of the rows of W, so the layer starts equal to the
 * base.
 *
 * <p>Often a little better than LoRA at small ranks, for about a third more time.
 *
 * @param rank rows of A; at least 1
 * @param alpha numerator of the scale s; above 0
 * @param dropout probability of dropping an input of the update while training; at least 0, below 1
 * @param useRslora whether the scale is {@code alpha / sqrt(rank)} instead of {@code alpha / rank}
 */
public record DoraConfig(
    @FileKey("r") int rank,
    @FileKey(value = "lora_alpha", whole = true) double alpha,
    @FileKey("lora_dropout") double dropout,
    boolean useRslora)
    implements Ranked {

  public DoraConfig {
    Require.positive("rank", rank);
    Require.positive("alpha", alpha);
    Require.probability("dropout", dropout);
    LoraFiles.requireScaling(rank, alpha, useRslora);
  }

  /** The defaults Hugging Face PEFT uses: rank 8, alpha 8. */
  public DoraConfig() {
    this(8, 8);
  }

  /** Without dropout, plainly scaled. */
  public DoraConfig(int rank, double alpha) {
    this(rank, alpha, 0, false);
  }

  @Override
  public String type() {
    return "LORA";
  }

  @Override
  public String method() {
    return "dora";
  }

  @Override
  public DoraConfig with(int rank, double alpha) {
    return new DoraConfig(rank, alpha, dropout, useRslora);
  }

  @Override
  public DoraConfig withRank(int rank) {
    double scaling = LoraFiles.scaling(this.rank, alpha, useRslora);
    return with(rank, LoraFiles.alpha(rank, scaling, useRslora));
  }

  @Override
  public Map<String, Object> fileMarks() {
    return Map.of("use_dora", true);
  }

  @Override
  public Map<String, @Nullable Object> fileDefaults() {
    Map<String, @Nullable Object> defaults = new LinkedHashMap<>(LoraFiles.DEFAULTS);
    defaults.put("lora_bias", false);
    return defaults;
  }

  @Override
  public Optional<BaseEffect> effectOnBase(String initializer) {
    return LoraFiles.effectOnBase(initializer);
  }

  @Override
  public Set<String> harmlessFileKeys() {
    return LoraFiles.HARMLESS;
  }

  @Override
  public double scaling() {
    return LoraFiles.scaling(rank, alpha, useRslora);
  }

  @Override
  public Adapter create(AdapterSite site) {
    double[] squares = site.squaredRowNorms();
    Tensor magnitude = site.full(0, site.out());
    double[] lengths = new double[squares.length];
    java.util.Arrays.setAll(lengths, i -> Math.sqrt(squares[i]));
    magnitude.value().put(lengths);
    Tensor baseSquares = site.constant(squares, site.out());
    return new DoraAdapter(site.lowRank(rank), magnitude, baseSquares, scaling(), dropout);
  }

  private record DoraAdapter(
      LowRank factors, Tensor magnitude, Tensor baseSquares, double scaling, double dropout)
      implements Adapter {

    @Override
    public Optional<Trainable> scaled(double factor) {
      return Optional.of(
          new DoraAdapter(factors, magnitude, baseSquares, scaling * factor, dropout));
    }

    @Override
    public Map<String, Tensor> parameters() {
      Map<String, Tensor> parameters = new LinkedHashMap<>();
      parameters.put("lora_A.weight", factors.a());
      parameters.put("lora_B.weight", factors.b());
      parameters.put("lora_magnitude_vector", magnitude);
      return parameters;
    }

    @Override
    public Tensor forward(Tape t, Tensor x, Base base) {
      Tensor dropped = t.dropout(x, dropout);
      Tensor update = scaledUpdate(t, dropped, base);
      if (dropped == x) {
        return update;
      }
      // Dropout acts on the update alone: base(x) + (update(x') - base(x')).
      Tensor y = t.addInto(base.apply(t, x), update, 1);
      return t.addInto(y, base.apply(t, dropped), -1);
    }

    private Tensor scaledUpdate(Tape t, Tensor x, Base base) {
      Tensor y = t.addLinear(base.apply(t, x), t.linear(x, factors.a()), factors.b(), scaling);
      return t.mul(y, t.divideByConstant(magnitude, rowLengths(t, base)));
    }

    /**
     * {@code |W + sBA|² = |W|² + 2s·B∘(W·Aᵀ) + s²·B∘(B·A·Aᵀ)}, row by row: no dense W + sBA is ever
     * made.
     */
    private Tensor rowLengths(Tape t, Base base) {
      Tensor a = Tensor.of(factors.a().value());
      Tensor b = t.transpose(Tensor.of(factors.b().value()));
      Tensor cross = t.columnDots(b, base.apply(t, a));
      Tensor own = t.columnDots(b, t.matmul(t.linear(a, a), b));
      Tensor squares = t.add(baseSquares, t.scale(cross, 2 * scaling));
      return t.squareRootOfConstant(t.addInto(squares, own, scaling * scaling));
    }
  }
}
