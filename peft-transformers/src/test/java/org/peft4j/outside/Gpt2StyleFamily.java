package org.peft4j.outside;

import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.kernel.Activation;
import org.peft4j.nn.Children;
import org.peft4j.nn.Embedding;
import org.peft4j.nn.LayerNorm;
import org.peft4j.nn.Linear;
import org.peft4j.nn.Module;
import org.peft4j.nn.ModuleList;
import org.peft4j.nn.Weights;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.transformers.checkpoint.KeyMap;
import org.peft4j.transformers.checkpoint.KeyRule;
import org.peft4j.transformers.checkpoint.KeyRule.Rows;
import org.peft4j.transformers.checkpoint.ModelConfig;
import org.peft4j.transformers.decoder.Context;
import org.peft4j.transformers.decoder.DecoderFamily;
import org.peft4j.transformers.decoder.DecoderModel;
import org.peft4j.transformers.decoder.DecoderSizes;
import org.peft4j.transformers.decoder.Heads;
import org.peft4j.transformers.decoder.Linears;
import org.peft4j.transformers.decoder.Pass;

/**
 * A family as somebody outside writes one: GPT-2's checkpoints, whose linear layers are stored as
 * [in, out] and whose queries, keys and values lie in one tensor, as a model with a layer for each.
 */
public final class Gpt2StyleFamily implements DecoderFamily {

  @Override
  public Set<String> modelTypes() {
    return Set.of("gpt2");
  }

  @Override
  public String architecture(String modelType) {
    return "GPT2";
  }

  @Override
  public DecoderModel decoder(ModelConfig config, Weights weights) throws AdapterFormatException {
    Config gpt = Config.read(config);
    config.requireNoProblems();
    return new Gpt2(gpt, weights);
  }

  @Override
  public KeyMap keys(ModelConfig config) {
    int width = config.positive("n_embd");
    return new KeyMap(
        "transformer.",
        List.of(
            parts("weight", width).ofTransposed(),
            parts("bias", width),
            KeyRule.transposed("transformer.h.*.attn.c_proj.weight"),
            KeyRule.transposed("transformer.h.*.mlp.c_fc.weight"),
            KeyRule.transposed("transformer.h.*.mlp.c_proj.weight")),
        List.of("h.*.attn.bias", "h.*.attn.masked_bias"));
  }

  private static KeyRule parts(String name, int width) {
    String attention = "transformer.h.*.attn.";
    return KeyRule.split(
        attention + "c_attn." + name,
        new Rows(attention + "q." + name, width),
        new Rows(attention + "k." + name, width),
        new Rows(attention + "v." + name, width));
  }

  private record Config(DecoderSizes sizes, int hidden, double epsilon) {

    static Config read(ModelConfig config) {
      int width = config.positive("n_embd");
      int heads = config.positive("n_head");
      DecoderSizes sizes =
          new DecoderSizes(
              config.positive("vocab_size"),
              width,
              config.positive("n_layer"),
              new Heads(heads, heads, width / heads),
              new Context(config.positive("n_positions"), OptionalInt.empty()));
      return new Config(
          sizes,
          config.positive("n_inner", 4 * width),
          config.positiveNumber("layer_norm_epsilon", 1e-5));
    }
  }

  private static final class Gpt2 implements DecoderModel {

    private final Config config;
    private final Embedding tokens;
    private final Embedding positions;
    private final List<Layer> layers;
    private final LayerNorm norm;

    Gpt2(Config config, Weights weights) {
      DecoderSizes sizes = config.sizes();
      this.config = config;
      this.tokens = Embedding.of(weights, "transformer.wte", sizes.vocabulary(), sizes.width());
      this.positions =
          Embedding.of(weights, "transformer.wpe", sizes.context().maxPositions(), sizes.width());
      this.layers =
          IntStream.range(0, sizes.layers())
              .mapToObj(i -> new Layer(config, new Linears(weights, biases()), i))
              .toList();
      this.norm = LayerNorm.of(weights, "transformer.ln_f", sizes.width(), config.epsilon());
    }

    @Override
    public Tensor forward(Tape t, int[] ids, Pass pass) {
      return t.scope(
          () -> {
            Tensor h = t.add(tokens.forward(t, ids), positions.forward(t, pass.positions()));
            for (Layer layer : layers) {
              h = t.block(h, in -> layer.forward(t, in, pass));
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
    public DecoderModel rebuild(Weights weights, int vocabulary) {
      return new Gpt2(
          new Config(config.sizes().withVocabulary(vocabulary), config.hidden(), config.epsilon()),
          weights);
    }

    @Override
    public boolean tied() {
      return true;
    }

    @Override
    public Set<String> biases() {
      return Set.of("q", "k", "v", "c_proj", "c_fc");
    }

    @Override
    public String path() {
      return "transformer";
    }

    @Override
    public List<String> targets() {
      return List.of("q", "v");
    }

    @Override
    public Map<String, Module> children() {
      return new Children()
          .and("wte", tokens)
          .and("wpe", positions)
          .and("h", new ModuleList(layers))
          .and("ln_f", norm)
          .map();
    }
  }

  private static final class Layer implements Module {

    private final LayerNorm attentionNorm;
    private final Attention attention;
    private final LayerNorm mlpNorm;
    private final Mlp mlp;

    Layer(Config config, Linears linears, int number) {
      String path = "transformer.h." + number;
      int width = config.sizes().width();
      this.attentionNorm = LayerNorm.of(linears.weights(), path + ".ln_1", width, config.epsilon());
      this.attention = new Attention(linears, path + ".attn", width, number);
      this.mlpNorm = LayerNorm.of(linears.weights(), path + ".ln_2", width, config.epsilon());
      this.mlp =
          new Mlp(
              linears.linear(path + ".mlp", "c_fc", width, config.hidden()),
              linears.linear(path + ".mlp", "c_proj", config.hidden(), width));
    }

    Tensor forward(Tape t, Tensor x, Pass pass) {
      return t.scope(
          () -> {
            Tensor h = t.add(x, attention.forward(t, attentionNorm.forward(t, x), pass));
            return t.add(h, mlp.forward(t, mlpNorm.forward(t, h)));
          });
    }

    @Override
    public Map<String, Module> children() {
      return new Children()
          .and("ln_1", attentionNorm)
          .and("attn", attention)
          .and("ln_2", mlpNorm)
          .and("mlp", mlp)
          .map();
    }
  }

  private record Attention(Linear q, Linear k, Linear v, Linear out, int layer) implements Module {

    Attention(Linears linears, String path, int width, int layer) {
      this(
          linears.linear(path, "q", width, width),
          linears.linear(path, "k", width, width),
          linears.linear(path, "v", width, width),
          linears.linear(path, "c_proj", width, width),
          layer);
    }

    Tensor forward(Tape t, Tensor x, Pass pass) {
      return t.scope(
          () ->
              out.forward(
                  t, pass.attention(t, layer, q.forward(t, x), k.forward(t, x), v.forward(t, x))));
    }

    @Override
    public Map<String, Module> children() {
      return new Children().and("q", q).and("k", k).and("v", v).and("c_proj", out).map();
    }
  }

  private record Mlp(Linear in, Linear out) implements Module {

    Tensor forward(Tape t, Tensor x) {
      return t.scope(() -> out.forward(t, t.activate(Activation.GELU_TANH, in.forward(t, x))));
    }

    @Override
    public Map<String, Module> children() {
      return new Children().and("c_fc", in).and("c_proj", out).map();
    }
  }
}
