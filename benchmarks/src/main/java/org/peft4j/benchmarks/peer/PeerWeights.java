package org.peft4j.benchmarks.peer;

import static org.bytedeco.pytorch.global.torch.ScalarType;

import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.peft4j.benchmarks.steps.RandomWeights;
import org.peft4j.benchmarks.steps.Sizes;
import org.peft4j.kernel.Shape;

/** Makes the parts of the peer's model and keeps account of its adapters. */
final class PeerWeights {

  private final Sizes sizes;
  private final ScalarType type;
  private final PeerMethod method;
  private final Map<String, Tensor> shared = new HashMap<>();
  private final Map<String, PeerAdapter> adapters = new LinkedHashMap<>();

  /**
   * @param type of the frozen weights, norms included, as {@code from_pretrained(torch_dtype=...)}
   *     has it
   */
  PeerWeights(Sizes sizes, ScalarType type, PeerMethod method) {
    this.sizes = sizes;
    this.type = type;
    this.method = method;
  }

  Sizes sizes() {
    return sizes;
  }

  PeerRope rope() {
    return PeerRope.of(sizes, type);
  }

  PeerAttention.Form attention() {
    return PeerAttention.chosen().form(sizes, type);
  }

  PeerNorm norm(String path) {
    float[] values = RandomWeights.values(path + ".weight", Shape.of(sizes.width()));
    return new PeerNorm(Torch.constant(values, type, values.length));
  }

  PeerLinear linear(String path, int out, int in) {
    Tensor weight = matrix(path, out, in);
    PeerAdapter adapter = method.adapter(new PeerSite(path, weight, sizes, shared));
    adapters.put(path, adapter);
    return new PeerLinear(weight, adapter);
  }

  /** A frozen matrix without an adapter: [rows, columns]. */
  Tensor matrix(String path, int rows, int columns) {
    float[] values = RandomWeights.values(path + ".weight", Shape.of(rows, columns));
    return Torch.constant(values, type, rows, columns);
  }

  Collection<PeerAdapter> adapters() {
    return adapters.values();
  }

  /** The trainable tensors by path and name. */
  Map<String, Tensor> trained() {
    Map<String, Tensor> trained = new LinkedHashMap<>();
    adapters.forEach(
        (path, adapter) ->
            adapter.parameters().forEach((name, tensor) -> trained.put(path + "." + name, tensor)));
    return trained;
  }
}
