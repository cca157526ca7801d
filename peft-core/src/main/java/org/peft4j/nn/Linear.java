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

  public Linear(Parameter weight, Optional<Parameter> bias) {
    this.weight = weight;
    this.bias = bias.orElse(null);
  }

  /** The layer without adapters and bias, as it is in one pass. */
  private record Matrix(Parameter parameter, Tensor value) implements Base {

    @Override
    public Tensor apply(Tape t, Tensor x) {
      return parameter.apply(t, x, value);
    }

    @Override
    public Optional<Tensor> weight() {
      return Optional.of(value);
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
    return t.scope(() -> compute(t, x));
  }

  private Tensor compute(Tape t, Tensor x) {
    Tensor y = adapted(t, x);
    return bias == null ? y : t.addBias(y, bias.value(t), 1);
  }

  /** Without the bias. */
  private Tensor adapted(Tape t, Tensor x) {
    Base plain = new Matrix(weight, weight.value(t));
    return ActiveAdapters.on(t)
        .at(this)
        .map(adapters -> through(adapters, plain, t, x))
        .orElseGet(() -> plain.apply(t, x));
  }

  private static Tensor through(LayerAdapters adapters, Base plain, Tape t, Tensor x) {
    return adapters
        .mix()
        .map(mix -> mixed(mix, adapters, plain, t, x))
        .orElseGet(() -> through(plain, adapters.chain(0)).apply(t, x));
  }

  private static Tensor mixed(
      SequenceMix mix, LayerAdapters adapters, Base plain, Tape t, Tensor x) {
    Tensor y = plain.apply(t, x);
    return mix.apply(
        t,
        x.shape().rows(),
        (i, rows) -> {
          Tensor own = t.gather(x, rows);
          Base known = new KnownPositions(plain, own, y, rows);
          return through(known, adapters.chain(i)).apply(t, own);
        });
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

  /**
   * Adapters are affine in x, so their values at zero and at the unit vectors tell all: no method
   * writes merge code.
   */
  @Override
  public Map<String, Buffer> merged(Kernels kernels, ActiveAdapters active) {
    return new AffineProbe(kernels, weight.shape(), weight.type())
        .probe(this::adapted, Optional.ofNullable(bias), active);
  }
}
