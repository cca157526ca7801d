package org.peft4j.transformers.llama;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.peft4j.nn.Children;
import org.peft4j.nn.Embedding;
import org.peft4j.nn.Linear;
import org.peft4j.nn.Module;
import org.peft4j.nn.ModuleList;
import org.peft4j.nn.RmsNorm;
import org.peft4j.nn.Weights;
import org.peft4j.tensor.Rotary;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.transformers.decoder.DecoderForCausalLm;
import org.peft4j.transformers.decoder.DecoderModel;
import org.peft4j.transformers.decoder.DecoderSizes;
import org.peft4j.transformers.decoder.Heads;
import org.peft4j.transformers.decoder.Linears;
import org.peft4j.transformers.decoder.Pass;
import org.peft4j.transformers.decoder.Rope;
import org.peft4j.transformers.decoder.SwiGlu;

/**
 * Llama (Touvron et al., arXiv 2302.13971) and its kin Mistral (Jiang et al., arXiv 2310.06825) and
 * Qwen2 (Yang et al., arXiv 2407.10671): a decoder with pre-norms, rotary positions, grouped
 * attention heads and SwiGLU. Paths are Hugging Face's.
 */
public final class LlamaModel implements DecoderModel {

  private final LlamaConfig config;
  private final Rope rope;
  private final Embedding tokens;
  private final List<Layer> layers;
  private final RmsNorm norm;

  /**
   * A model over {@code weights}.
   *
   * @throws IllegalArgumentException if a tensor is missing or has the wrong shape
   */
  public LlamaModel(LlamaConfig config, Weights weights) {
    DecoderSizes sizes = config.sizes();
    this.config = config;
    this.rope = new Rope(config.rope(), sizes.heads().size());
    this.tokens = Embedding.of(weights, "model.embed_tokens", sizes.vocabulary(), sizes.width());
    this.layers = layers(config, weights);
    this.norm = norm(config, weights, "model.norm");
  }

  /** A language model on a Llama. */
  public static DecoderForCausalLm causalLm(LlamaConfig config, Weights weights) {
    return new DecoderForCausalLm(new LlamaModel(config, weights), weights);
  }

  /** One by one: the first that is missing ends it, however many the config claims. */
  private static List<Layer> layers(LlamaConfig config, Weights weights) {
    List<Layer> layers = new ArrayList<>();
    for (int i = 0; i < config.sizes().layers(); i++) {
      layers.add(new Layer(config, weights, i));
    }
    return List.copyOf(layers);
  }

  private static RmsNorm norm(LlamaConfig config, Weights weights, String path) {
    return RmsNorm.of(weights, path, config.sizes().width(), config.normEpsilon());
  }

  @Override
  public Tensor forward(Tape t, int[] ids, Pass pass) {
    Rotary rotary = rope.at(t, pass.positions());
    return t.scope(
        () -> {
          Tensor h = tokens.forward(t, ids);
          for (Layer layer : layers) {
            h = t.block(h, in -> layer.forward(t, in, pass, rotary), rotary.positions());
          }
          return norm.forward(t, h);
        });
  }

  /** {@code h = x + attention(norm(x)); h + mlp(norm(h))}. */
  private static final class Layer implements Module {

    private final RmsNorm inputNorm;
    private final Attention attention;
    private final RmsNorm attendedNorm;
    private final SwiGlu mlp;

    Layer(LlamaConfig config, Weights weights, int number) {
      String path = "model.layers." + number;
      Linears linears = new Linears(weights, config.biases());
      this.inputNorm = norm(config, weights, path + ".input_layernorm");
      this.attention = new Attention(config.sizes(), linears, path + ".self_attn", number);
      this.attendedNorm = norm(config, weights, path + ".post_attention_layernorm");
      this.mlp = SwiGlu.of(linears, path + ".mlp", config.sizes().width(), config.hidden());
    }

    /** x [n, width] to a new [n, width]. */
    Tensor forward(Tape t, Tensor x, Pass pass, Rotary rotary) {
      return t.scope(
          () -> {
            Tensor h = t.add(x, attention.forward(t, inputNorm.forward(t, x), pass, rotary));
            return t.add(h, mlp.forward(t, attendedNorm.forward(t, h)));
          });
    }

    @Override
    public Map<String, Module> children() {
      return new Children()
          .and("self_attn", attention)
          .and("mlp", mlp)
          .and("input_layernorm", inputNorm)
          .and("post_attention_layernorm", attendedNorm)
          .map();
    }
  }

  /** Causal self-attention with rotary positions. */
  private static final class Attention implements Module {

    private final int layer;
    private final Linear query;
    private final Linear key;
    private final Linear value;
    private final Linear out;

    Attention(DecoderSizes sizes, Linears linears, String path, int layer) {
      Heads heads = sizes.heads();
      this.layer = layer;
      this.query = linears.linear(path, "q_proj", sizes.width(), heads.queryWidth());
      this.key = linears.linear(path, "k_proj", sizes.width(), heads.keyWidth());
      this.value = linears.linear(path, "v_proj", sizes.width(), heads.keyWidth());
      this.out = linears.linear(path, "o_proj", heads.queryWidth(), sizes.width());
    }

    /** x [n, width] to a new [n, width]. */
    Tensor forward(Tape t, Tensor x, Pass pass, Rotary rotary) {
      return t.scope(
          () -> {
            Tensor q = t.rotate(query.forward(t, x), rotary);
            Tensor k = t.rotate(key.forward(t, x), rotary);
            Tensor v = value.forward(t, x);
            return out.forward(t, pass.attention(t, layer, q, k, v));
          });
    }

    @Override
    public Map<String, Module> children() {
      return new Children()
          .and("q_proj", query)
          .and("k_proj", key)
          .and("v_proj", value)
          .and("o_proj", out)
          .map();
    }
  }

  @Override
  public DecoderSizes sizes() {
    return config.sizes();
  }

  @Override
  public Embedding tokens() {
    return tokens;
  }

  @Override
  public boolean tied() {
    return config.tied();
  }

  @Override
  public Set<String> biases() {
    return config.biases();
  }

  @Override
  public LlamaModel rebuild(Weights weights, int vocabulary) {
    return new LlamaModel(config.withVocabulary(vocabulary), weights);
  }

  @Override
  public Map<String, Module> children() {
    return new Children()
        .and("embed_tokens", tokens)
        .and("layers", new ModuleList(layers))
        .and("norm", norm)
        .map();
  }
}
