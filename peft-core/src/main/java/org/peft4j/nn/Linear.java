package org.peft4j.nn;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapter.AdapterSite;
import org.peft4j.adapter.Base;
import org.peft4j.adapter.Trainable;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/** {@code y = x·Wᵀ + b} with W [out, in]: the place where a frozen base and its adapters meet. */
public final class Linear implements AdapterHost {

  private final Parameter weight;
  private final @Nullable Parameter bias;
  private final Base pretrained;
  private volatile Base adapted;
  private volatile @Nullable ThreadGuard guard;

  public Linear(Parameter weight, Optional<Parameter> bias) {
    this.weight = weight;
    this.bias = bias.orElse(null);
    this.pretrained = new Matrix(weight);
    this.adapted = pretrained;
  }

  /** The layer without adapters and bias. */
  private record Matrix(Parameter parameter) implements Base {

    @Override
    public Tensor apply(Tape t, Tensor x) {
      return parameter.apply(t, x);
    }

    @Override
    public Optional<Tensor> weight() {
      return Optional.of(parameter.value());
    }
  }

  /** The layer at {@code path}, with a bias if there is one. */
  public static Linear of(Weights weights, String path, int in, int out) {
    return new Linear(
        weights.get(path + ".weight", Shape.of(out, in)),
        weights.find(path + ".bias", Shape.of(out)));
  }

  /** x [n, in] to [n, out]. */
  public Tensor forward(Tape t, Tensor x) {
    return ThreadGuard.during(guard, t, () -> t.scope(() -> compute(t, x)));
  }

  private Tensor compute(Tape t, Tensor x) {
    Tensor y = adapted.apply(t, x);
    return bias == null ? y : t.addBias(y, bias.value(), 1);
  }

  @Override
  public Optional<ThreadGuard> guard() {
    return Optional.ofNullable(guard);
  }

  @Override
  public void guard(ThreadGuard guard) {
    this.guard = guard;
  }

  @Override
  public SiteKind kind() {
    return SiteKind.LINEAR;
  }

  @Override
  public Parameter weight() {
    return weight;
  }

  @Override
  public Map<String, Parameter> parameters() {
    Map<String, Parameter> parameters = new LinkedHashMap<>();
    parameters.put("weight", weight);
    if (bias != null) {
      parameters.put("bias", bias);
    }
    return parameters;
  }

  @Override
  public Trainable create(AdapterConfig config, AdapterSite site) {
    return config.create(site);
  }

  @Override
  public void use(List<Trainable> adapters) {
    adapted = through(pretrained, adapters);
  }

  @Override
  public void mix(List<List<Trainable>> chains, List<Integer> assignment) {
    SequenceMix mix = new SequenceMix(assignment);
    adapted =
        (t, x) -> {
          Tensor y = pretrained.apply(t, x);
          return mix.apply(
              t,
              x.shape().rows(),
              (i, rows) -> {
                Tensor own = t.gather(x, rows);
                Base known = new KnownPositions(pretrained, own, y, rows);
                return through(known, chains.get(i)).apply(t, own);
              });
        };
  }

  private static Base through(Base below, List<Trainable> adapters) {
    Base base = below;
    for (Trainable adapter : adapters) {
      base = on(base, (Adapter) adapter);
    }
    return base;
  }

  private static Base on(Base base, Adapter adapter) {
    return (t, x) -> adapter.forward(t, x, base);
  }

  /**
   * Adapters are affine in x, so their values at zero and at the unit vectors tell all: no method
   * writes merge code.
   */
  @Override
  public Map<String, Buffer> merged(Kernels kernels) {
    return new AffineProbe(kernels, weight.value().shape(), weight.type())
        .probe(adapted, Optional.ofNullable(bias));
  }
}
