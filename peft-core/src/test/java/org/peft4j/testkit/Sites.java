package org.peft4j.testkit;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.peft4j.Peft;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapter.AdapterSite;
import org.peft4j.adapter.Base;
import org.peft4j.kernel.Buffer;
import org.peft4j.nn.Linear;
import org.peft4j.nn.Model;
import org.peft4j.nn.Module;
import org.peft4j.nn.Parameter;
import org.peft4j.nn.Weights;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/** Sites for tests of a method's or an initializer's own: core makes them, of a one-layer model. */
public final class Sites {

  private Sites() {}

  /**
   * The site of a linear layer that is the only one of its model.
   *
   * @param path the layer's path, such as {@code layers.3.q_proj}
   * @param weight the frozen matrix [out, in]
   * @param seed of all random tensors
   */
  public static AdapterSite of(String path, Buffer weight, long seed) {
    Asking asking = new Asking(new AtomicReference<>());
    AdapterSpec spec = new AdapterSpec(asking, TargetModules.names(path)).seeded(seed);
    Linear layer = new Linear(new Parameter(Tensor.of(weight)), Optional.empty());
    Peft.adapt(new OneLayer(path, layer), spec);
    return asking.site().get();
  }

  private record OneLayer(String path, Linear layer) implements Model<OneLayer> {

    @Override
    public Map<String, Module> children() {
      return Map.of(path, layer);
    }

    @Override
    public OneLayer rebuild(Weights weights) {
      throw new UnsupportedOperationException("there is nothing to merge");
    }
  }

  /** Keeps the site that it is given. */
  private record Asking(AtomicReference<AdapterSite> site) implements AdapterConfig {

    @Override
    public String type() {
      return "ASKING";
    }

    @Override
    public String method() {
      return "asking";
    }

    @Override
    public Adapter create(AdapterSite given) {
      site.set(given);
      return new Unused(given.full(0, 1));
    }
  }

  private record Unused(Tensor any) implements Adapter {

    @Override
    public Map<String, Tensor> parameters() {
      return Map.of("any", any);
    }

    @Override
    public Tensor forward(Tape t, Tensor x, Base base) {
      return base.apply(t, x);
    }
  }
}
