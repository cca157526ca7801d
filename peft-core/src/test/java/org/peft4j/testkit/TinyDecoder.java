package org.peft4j.testkit;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.peft4j.kernel.AttentionShape;
import org.peft4j.kernel.DataType;
import org.peft4j.nn.Distribution;
import org.peft4j.nn.Embedding;
import org.peft4j.nn.FreshWeights;
import org.peft4j.nn.Linear;
import org.peft4j.nn.Model;
import org.peft4j.nn.Module;
import org.peft4j.nn.Parameter;
import org.peft4j.nn.RmsNorm;
import org.peft4j.nn.Weights;
import org.peft4j.tensor.Rotary;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/**
 * One layer of a decoder with two heads, rotary positions and a gated feed-forward part; its output
 * layer shares the table of its embedding where there is no {@code lm_head.weight}.
 */
public record TinyDecoder(
    Embedding tokens,
    RmsNorm before,
    Linear queries,
    Linear keys,
    Linear values,
    Linear output,
    RmsNorm between,
    Linear gate,
    Linear up,
    Linear down,
    Linear head)
    implements Model<TinyDecoder> {

  public static final int VOCABULARY = 11;

  private static final int WIDTH = 8;
  private static final int INNER = 12;
  private static final int HEADS = 2;
  private static final int LONGEST = 64;

  private static final Tensor COSINES = angles(Math::cos);
  private static final Tensor SINES = angles(Math::sin);
  private static final double EPSILON = 1e-5;

  public static TinyDecoder of(Weights weights) {
    Embedding tokens = Embedding.of(weights, "embed_tokens", VOCABULARY, WIDTH);
    return new TinyDecoder(
        tokens,
        RmsNorm.of(weights, "norm1", WIDTH, EPSILON),
        Linear.of(weights, "q_proj", WIDTH, WIDTH),
        Linear.of(weights, "k_proj", WIDTH, WIDTH),
        Linear.of(weights, "v_proj", WIDTH, WIDTH),
        Linear.of(weights, "o_proj", WIDTH, WIDTH),
        RmsNorm.of(weights, "norm2", WIDTH, EPSILON),
        Linear.of(weights, "gate_proj", WIDTH, INNER),
        Linear.of(weights, "up_proj", WIDTH, INNER),
        Linear.of(weights, "down_proj", INNER, WIDTH),
        weights.contains("lm_head.weight")
            ? Linear.of(weights, "lm_head", WIDTH, VOCABULARY)
            : tied(tokens));
  }

  private static Linear tied(Embedding tokens) {
    return new Linear(new Parameter(tokens.weight().pretrained()), java.util.Optional.empty());
  }

  /** With normal weights drawn from a seed; embedding and output layer are tied. */
  public static TinyDecoder random(DataType type, long seed) {
    return of(
        FreshWeights.drawn(seed, Distribution.normal(0.3))
            .starting("embed_tokens.weight", Distribution.normal(0.5))
            .starting("norm1.weight", Distribution.normal(1))
            .starting("norm2.weight", Distribution.normal(1))
            .without("bias", "lm_head.weight")
            .ofType(type));
  }

  /** Logits for {@code batch} sequences of equal length. */
  public Tensor forward(Tape t, int[] ids, int batch) {
    Tensor x = tokens.forward(t, ids);
    x = t.add(x, attention(t, before.forward(t, x), batch));
    x = t.add(x, feedForward(t, between.forward(t, x)));
    return head.forward(t, x);
  }

  private Tensor attention(Tape t, Tensor x, int batch) {
    int length = x.shape().rows() / batch;
    return t.scope(
        () -> {
          Rotary rotary = rotary(t, batch, length);
          Tensor q = t.rotate(queries.forward(t, x), rotary);
          Tensor k = t.rotate(keys.forward(t, x), rotary);
          AttentionShape shape = AttentionShape.causal(batch, length, HEADS, HEADS, WIDTH / HEADS);
          return output.forward(t, t.attention(shape, q, k, values.forward(t, x)));
        });
  }

  private Tensor feedForward(Tape t, Tensor x) {
    return t.scope(() -> down.forward(t, t.siluGate(gate.forward(t, x), up.forward(t, x))));
  }

  private static Rotary rotary(Tape t, int batch, int length) {
    int[] positions = IntStream.range(0, batch * length).map(row -> row % length).toArray();
    return new Rotary(COSINES, SINES, WIDTH / HEADS, t.indices(positions));
  }

  /** [LONGEST, pairs]. */
  private static Tensor angles(DoubleUnaryOperator function) {
    int pairs = WIDTH / HEADS / 2;
    float[] values = new float[LONGEST * pairs];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) function.applyAsDouble(i / pairs / (1.0 + i % pairs));
    }
    return Tensor.of(values, LONGEST, pairs);
  }

  @Override
  public Map<String, Module> children() {
    Map<String, Module> children = new LinkedHashMap<>();
    children.put("embed_tokens", tokens);
    children.put("norm1", before);
    children.put("q_proj", queries);
    children.put("k_proj", keys);
    children.put("v_proj", values);
    children.put("o_proj", output);
    children.put("norm2", between);
    children.put("gate_proj", gate);
    children.put("up_proj", up);
    children.put("down_proj", down);
    children.put("lm_head", head);
    return children;
  }

  @Override
  public Set<String> outputLayers() {
    return Set.of("lm_head");
  }

  @Override
  public TinyDecoder rebuild(Weights weights) {
    return of(weights);
  }
}
