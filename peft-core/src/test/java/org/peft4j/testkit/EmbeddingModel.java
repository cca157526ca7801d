package org.peft4j.testkit;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.peft4j.kernel.Activation;
import org.peft4j.kernel.Buffer;
import org.peft4j.nn.Embedding;
import org.peft4j.nn.Linear;
import org.peft4j.nn.Model;
import org.peft4j.nn.Module;
import org.peft4j.nn.Weights;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/**
 * {@code lin(tanh(mean over 5 positions of emb(ids)))}, 20 tokens, 24 -> 16: the golden case for
 * embeddings.
 */
public record EmbeddingModel(Embedding emb, Linear lin) implements Model<EmbeddingModel> {

  private static final int POSITIONS = 5;

  public static EmbeddingModel of(Weights weights) {
    return new EmbeddingModel(
        Embedding.of(weights, "emb", 20, 24), Linear.of(weights, "lin", 24, 16));
  }

  public Tensor forward(Tape t, int[] ids) {
    Tensor rows = emb.forward(t, ids);
    Tensor mean = t.matmul(averaging(ids.length / POSITIONS, rows), rows);
    return lin.forward(t, t.activate(Activation.TANH, mean));
  }

  /** The matrix [examples, examples * positions] that averages each example's rows. */
  private static Tensor averaging(int examples, Tensor like) {
    int columns = examples * POSITIONS;
    double[] values =
        IntStream.range(0, examples * columns)
            .mapToDouble(i -> i % columns / POSITIONS == i / columns ? 1.0 / POSITIONS : 0)
            .toArray();
    Buffer buffer = Buffer.allocate(like.type(), org.peft4j.kernel.Shape.of(examples, columns));
    buffer.put(values);
    return Tensor.of(buffer);
  }

  @Override
  public Map<String, Module> children() {
    Map<String, Module> children = new LinkedHashMap<>();
    children.put("emb", emb);
    children.put("lin", lin);
    return children;
  }

  @Override
  public EmbeddingModel rebuild(Weights weights) {
    return of(weights);
  }
}
