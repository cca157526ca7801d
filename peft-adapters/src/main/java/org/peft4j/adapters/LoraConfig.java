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
import org.peft4j.adapter.EmbeddingAdapter;
import org.peft4j.adapter.Lookup;
import org.peft4j.adapter.LowRank;
import org.peft4j.adapter.LowRankUpdate;
import org.peft4j.adapter.Ranked;
import org.peft4j.adapter.Trainable;
import org.peft4j.kernel.Shape;
import org.peft4j.settings.FileKey;
import org.peft4j.settings.Require;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/**
 * LoRA (Hu et al., ICLR 2022, arXiv 2106.09685): a frozen layer plus a trained product of two thin
 * matrices.
 *
 * <p>{@code y = W·x + s·B·(A·x)}, with A [rank, in] and B [out, rank] trained and {@code s = alpha
 * / rank}, or {@code alpha / sqrt(rank)} where rank-stabilised (rsLoRA, arXiv 2312.03732). B starts
 * at zero, so the layer starts equal to the base; A is drawn evenly from ±1/sqrt(in) unless an
 * initializer says otherwise. On an embedding table E the same product is added to the rows: A
 * [rank, tokens] starts at zero and B [width, rank] is normal.
 *
 * <p>The method to start with: cheap, well understood, served by everyone.
 *
 * @param rank rows of A; at least 1
 * @param alpha numerator of the scale; above 0
 * @param dropout probability of dropping an input of A while training; at least 0, below 1
 * @param useRslora whether the scale is {@code alpha / sqrt(rank)}
 * @param loraBias whether B has a trained bias [out], also scaled by s
 */
public record LoraConfig(
    @FileKey("r") int rank,
    @FileKey(value = "lora_alpha", whole = true) double alpha,
    @FileKey("lora_dropout") double dropout,
    boolean useRslora,
    boolean loraBias)
    implements Ranked {

  public LoraConfig {
    Require.positive("rank", rank);
    Require.positive("alpha", alpha);
    Require.probability("dropout", dropout);
    LoraFiles.requireScaling(rank, alpha, useRslora);
  }

  /** The defaults Hugging Face PEFT uses: rank 8, alpha 8. */
  public LoraConfig() {
    this(8, 8);
  }

  /** Plain LoRA. */
  public LoraConfig(int rank, double alpha) {
    this(rank, alpha, 0, false, false);
  }

  @Override
  public String type() {
    return "LORA";
  }

  @Override
  public String method() {
    return "lora";
  }

  @Override
  public LoraConfig with(int rank, double alpha) {
    return new LoraConfig(rank, alpha, dropout, useRslora, loraBias);
  }

  @Override
  public LoraConfig withRank(int rank) {
    return with(rank, LoraFiles.alpha(rank, scaling(), useRslora));
  }

  @Override
  public double scaling() {
    return LoraFiles.scaling(rank, alpha, useRslora);
  }

  @Override
  public Optional<Ranked> plainLora() {
    return Optional.of(this);
  }

  @Override
  public Map<String, Object> fileMarks() {
    return Map.of("use_dora", false);
  }

  @Override
  public Map<String, @Nullable Object> fileDefaults() {
    return LoraFiles.DEFAULTS;
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
  public Adapter create(AdapterSite site) {
    Optional<Tensor> bias = loraBias ? Optional.of(site.full(0, site.out())) : Optional.empty();
    return new LoraAdapter(site.lowRank(rank, scaling()), bias, scaling(), dropout);
  }

  @Override
  public EmbeddingAdapter createForEmbedding(AdapterSite site) {
    Tensor a = site.full(0, rank, site.out());
    Tensor b = site.normal("lora_embedding_B", 1, site.in(), rank);
    return new LoraEmbeddingAdapter(new LowRank(a, b), scaling());
  }

  private record LoraAdapter(LowRank factors, Optional<Tensor> bias, double scaling, double dropout)
      implements Adapter {

    @Override
    public Optional<LowRankUpdate> lowRankUpdate(Shape weight) {
      return Optional.of(new LowRankUpdate(factors, scaling, bias));
    }

    @Override
    public Optional<Trainable> scaled(double factor) {
      return Optional.of(new LoraAdapter(factors, bias, scaling * factor, dropout));
    }

    @Override
    public Map<String, Tensor> parameters() {
      Map<String, Tensor> parameters = new LinkedHashMap<>();
      parameters.put("lora_A.weight", factors.a());
      parameters.put("lora_B.weight", factors.b());
      bias.ifPresent(tensor -> parameters.put("lora_B.bias", tensor));
      return parameters;
    }

    @Override
    public Tensor forward(Tape t, Tensor x, Base base) {
      Tensor inner = t.linear(t.dropout(x, dropout), factors.a());
      Tensor y = t.addLinear(base.apply(t, x), inner, factors.b(), scaling);
      return bias.isPresent() ? t.addBias(y, bias.get(), scaling) : y;
    }
  }

  private record LoraEmbeddingAdapter(LowRank factors, double scaling) implements EmbeddingAdapter {

    @Override
    public Optional<LowRankUpdate> lowRankUpdate(Shape weight) {
      return Optional.of(new LowRankUpdate(factors, scaling));
    }

    @Override
    public Optional<Trainable> scaled(double factor) {
      return Optional.of(new LoraEmbeddingAdapter(factors, scaling * factor));
    }

    @Override
    public Map<String, Tensor> parameters() {
      Map<String, Tensor> parameters = new LinkedHashMap<>();
      parameters.put("lora_embedding_A", factors.a());
      parameters.put("lora_embedding_B", factors.b());
      return parameters;
    }

    @Override
    public Tensor forward(Tape t, int[] ids, Lookup base) {
      Tensor inner = t.gather(t.transpose(factors.a()), ids);
      return t.addLinear(base.rows(t, ids), inner, factors.b(), scaling);
    }
  }
}
