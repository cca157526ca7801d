package org.peft4j.benchmarks.init;

import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
import org.peft4j.nn.Parameter;
import org.peft4j.nn.Weights;
import org.peft4j.tensor.Tensor;
import org.peft4j.transformers.LlamaConfig;
import org.peft4j.transformers.LlamaForCausalLm;
import org.peft4j.transformers.RopeConfig;
import org.peft4j.transformers.RopeScaling;
import org.peft4j.transformers.TokenBatch;

/**
 * A Llama as it is before it has learned anything, with heads of 64 and a vocabulary of 4096.
 *
 * @param hidden the width of its layers
 * @param inner the width inside its feed-forward blocks
 * @param layers how many
 */
record RandomLlama(int hidden, int inner, int layers) {

  private static final int HEAD = 64;
  private static final int VOCABULARY = 4096;

  LlamaForCausalLm build(int tokens) {
    return new LlamaForCausalLm(
        new LlamaConfig(
            VOCABULARY,
            hidden,
            inner,
            layers,
            hidden / HEAD,
            hidden / HEAD,
            HEAD,
            1e-5,
            new RopeConfig(10000, RopeScaling.none()),
            tokens,
            OptionalInt.empty(),
            false,
            Set.of()),
        new NormalWeights());
  }

  static TokenBatch batch(int sequences, int tokens, long seed) {
    Random random = new Random(seed);
    return TokenBatch.of(
        Stream.generate(() -> random.ints(tokens, 0, VOCABULARY).toArray())
            .limit(sequences)
            .toList());
  }

  /** Of deviation 0.02, as a fresh Llama has, and norms of one. */
  private static final class NormalWeights implements Weights {

    private final Random random = new Random(0);

    @Override
    public boolean contains(String path) {
      return !path.endsWith(".bias");
    }

    @Override
    public Parameter get(String path, Shape shape) {
      float[] values = new float[Math.toIntExact(shape.length())];
      boolean norm = shape.rank() == 1;
      for (int i = 0; i < values.length; i++) {
        values[i] = norm ? 1 : (float) (0.02 * random.nextGaussian());
      }
      Buffer buffer = Buffer.allocate(DataType.FLOAT32, shape);
      buffer.put(values);
      return new Parameter(Tensor.of(buffer));
    }
  }
}
