package org.peft4j;

import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.Base;
import org.peft4j.kernel.Kernels;
import org.peft4j.nn.ActiveAdapters;
import org.peft4j.nn.AdapterHost;
import org.peft4j.nn.LayerAdapters;
import org.peft4j.nn.Model;
import org.peft4j.nn.ModuleTree;
import org.peft4j.nn.Parameter;
import org.peft4j.nn.SiteKind;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/**
 * Finds the first layer of a forward pass that numbers which are not finite pass through: adapters
 * at work, and behind them at each linear layer one that changes nothing.
 */
final class FiniteProbe implements ActiveAdapters {

  private final Kernels kernels;
  private final ActiveAdapters active;
  private final Map<AdapterHost, String> paths = new IdentityHashMap<>();
  private @Nullable String found;

  FiniteProbe(Model<?> model, Kernels kernels, ActiveAdapters active) {
    this.kernels = kernels;
    this.active = active;
    ModuleTree.hosts(model).forEach((path, host) -> paths.put(host, path));
  }

  Optional<String> found() {
    return Optional.ofNullable(found);
  }

  @Override
  public Optional<LayerAdapters> at(AdapterHost layer) {
    Optional<LayerAdapters> adapters = active.at(layer);
    if (layer.kind() != SiteKind.LINEAR) {
      return adapters;
    }
    Probe probe = new Probe(Objects.requireNonNull(paths.get(layer)));
    return Optional.of(
        adapters.map(all -> all.and(probe)).orElseGet(() -> LayerAdapters.chain(List.of(probe))));
  }

  @Override
  public Optional<Tensor> inPlaceOf(Parameter parameter) {
    return active.inPlaceOf(parameter);
  }

  @Override
  public void begin() {
    active.begin();
  }

  @Override
  public void end() {
    active.end();
  }

  @Override
  public void close() {
    active.close();
  }

  private void look(Tensor x, String what) {
    if (found == null && !Double.isFinite(kernels.squaredNorm(x.value()))) {
      found = what;
    }
  }

  private final class Probe implements Adapter {

    private final String path;

    Probe(String path) {
      this.path = path;
    }

    @Override
    public Map<String, Tensor> parameters() {
      return Map.of();
    }

    @Override
    public Tensor forward(Tape t, Tensor x, Base base) {
      look(x, "what goes into " + path + " is not finite");
      Tensor y = base.apply(t, x);
      look(y, "what comes out of " + path + " is not finite");
      return y;
    }
  }
}
