package org.peft4j.transformers.qwen3;

import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import org.peft4j.io.AdapterFormatException;
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
import org.peft4j.transformers.checkpoint.ModelConfig;
import org.peft4j.transformers.decoder.DecoderFamily;
import org.peft4j.transformers.decoder.DecoderModel;
import org.peft4j.transformers.decoder.DecoderSizes;
import org.peft4j.transformers.decoder.ForeignSettings;
import org.peft4j.transformers.decoder.Heads;
import org.peft4j.transformers.decoder.Linears;
import org.peft4j.transformers.decoder.Pass;
import org.peft4j.transformers.decoder.Rope;
import org.peft4j.transformers.decoder.RopeConfig;
import org.peft4j.transformers.decoder.SwiGlu;

/**
 * Qwen3 (Yang et al., arXiv 2505.09388): a decoder with pre-norms, rotary positions, grouped
 * attention heads and SwiGLU, whose queries and keys are normed head by head before they are
 * rotated. Paths are Hugging Face's.
 */
public final class Qwen3Family implements DecoderFamily {

  @Override
  public Set<String> modelTypes() {
    return Set.of("qwen3");
  }

  @Override
  public String architecture(String modelType) {
    return "Qwen3";
  }

  @Override
  public DecoderModel decoder(ModelConfig config, Weights weights) throws AdapterFormatException {
    return new Decoder(Config.read(config), weights);
  }

  private record Config(
      DecoderSizes sizes,
      int hidden,
      double normEpsilon,
      RopeConfig rope,
      boolean tied,
      Set<String> biases) {

    private static final Set<String> ATTENTION = Set.of("q_proj", "k_proj", "v_proj", "o_proj");

    static Config read(ModelConfig config) throws AdapterFormatException {
      config.positive("head_dim");
      DecoderSizes sizes = DecoderSizes.read(config, slidingWindow(config));
      ForeignSettings.check(config);
      SwiGlu.check(config);
      Config qwen =
          new Config(
              sizes,
              config.positive("intermediate_size"),
              config.positiveNumber("rms_norm_eps", 1e-6),
              RopeConfig.read(config, sizes),
              config.flag("tie_word_embeddings", false),
              config.flag("attention_bias", false) ? ATTENTION : Set.of());
      config.requireNoProblems();
      return qwen;
    }

    private static OptionalInt slidingWindow(ModelConfig config) {
      return config.flag("use_sliding_window", false)
          ? config.optionalPositive("sliding_window")
          : OptionalInt.empty();
    }

    Config withVocabulary(int vocabulary) {
      return new Config(sizes.withVocabulary(vocabulary), hidden, normEpsilon, rope, tied, biases);
    }

    RmsNorm norm(Weights weights, String path, int width) {
      return RmsNorm.of(weights, path, width, normEpsilon);
    }
  }

  private static final class Decoder implements DecoderModel {

    private final Config config;
    private final Rope rope;
    private final Embedding tokens;
    private final List<Layer> layers;
    private final RmsNorm norm;

    Decoder(Config config, Weights weights) {
      DecoderSizes sizes = config.sizes();
      this.config = config;
      this.rope = new Rope(config.rope(), sizes.heads().size());
      this.tokens = Embedding.of(weights, "model.embed_tokens", sizes.vocabulary(), sizes.width());
      this.layers =
          IntStream.range(0, sizes.layers()).mapToObj(i -> new Layer(config, weights, i)).toList();
      this.norm = config.norm(weights, "model.norm", sizes.width());
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
    public Decoder rebuild(Weights weights, int vocabulary) {
      return new Decoder(config.withVocabulary(vocabulary), weights);
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

  /** {@code h = x + attention(norm(x)); h + mlp(norm(h))}. */
  private static final class Layer implements Module {

    private final RmsNorm inputNorm;
    private final Attention attention;
    private final RmsNorm attendedNorm;
    private final SwiGlu mlp;

    Layer(Config config, Weights weights, int number) {
      String path = "model.layers." + number;
      int width = config.sizes().width();
      Linears linears = new Linears(weights, config.biases());
      this.inputNorm = config.norm(weights, path + ".input_layernorm", width);
      this.attention = new Attention(config, linears, path + ".self_attn", number);
      this.attendedNorm = config.norm(weights, path + ".post_attention_layernorm", width);
      this.mlp = SwiGlu.of(linears, path + ".mlp", width, config.hidden());
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

  /** {@code out(attention(rotate(norm(q)), rotate(norm(k)), v))}, with norms over each head. */
  private static final class Attention implements Module {

    private final int layer;
    private final Linear query;
    private final Linear key;
    private final Linear value;
    private final Linear out;
    private final RmsNorm queryNorm;
    private final RmsNorm keyNorm;

    Attention(Config config, Linears linears, String path, int layer) {
      Heads heads = config.sizes().heads();
      int width = config.sizes().width();
      this.layer = layer;
      this.query = linears.linear(path, "q_proj", width, heads.queryWidth());
      this.key = linears.linear(path, "k_proj", width, heads.keyWidth());
      this.value = linears.linear(path, "v_proj", width, heads.keyWidth());
      this.out = linears.linear(path, "o_proj", heads.queryWidth(), width);
      this.queryNorm = config.norm(linears.weights(), path + ".q_norm", heads.size());
      this.keyNorm = config.norm(linears.weights(), path + ".k_norm", heads.size());
    }

    /** x [n, width] to a new [n, width]. */
    Tensor forward(Tape t, Tensor x, Pass pass, Rotary rotary) {
      return t.scope(
          () -> {
            Tensor q = t.rotate(queryNorm.forward(t, query.forward(t, x)), rotary);
            Tensor k = t.rotate(keyNorm.forward(t, key.forward(t, x)), rotary);
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
          .and("q_norm", queryNorm)
          .and("k_norm", keyNorm)
          .map();
    }
  }
}
