package org.peft4j;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.AdapterSite;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.Offset;
import org.peft4j.adapter.Scalable;
import org.peft4j.adapter.SharedTensors;
import org.peft4j.adapter.Trainable;
import org.peft4j.io.AdapterTensors;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Write;
import org.peft4j.nn.AdapterHost;
import org.peft4j.nn.Model;
import org.peft4j.nn.ModuleTree;
import org.peft4j.nn.Parameter;
import org.peft4j.tensor.Tensor;

/**
 * One adapter built for one model: what it put at each layer, and its copies of the parameters it
 * trains whole.
 */
final class InstalledAdapter {

  /**
   * What an adapter is built from beside its spec.
   *
   * @param start how low-rank factors start
   * @param shared tensors that all layers share, where they come from a file
   */
  record Origin(Optional<Initializer> start, Map<String, Buffer> shared) {}

  private final AdapterSpec spec;
  private final Map<String, Trainable> built = new LinkedHashMap<>();
  private final Map<String, Offset> offsets = new LinkedHashMap<>();
  private final Map<String, Trainable> sites = new LinkedHashMap<>();
  private final Map<String, Tensor> copies = new LinkedHashMap<>();
  private final SharedTensors shared;

  /** Builds it for {@code model} without connecting it. */
  InstalledAdapter(AdapterSpec spec, Origin origin, Model<?> model, Kernels kernels) {
    this.spec = spec;
    Targeting targeting = new Targeting(spec, model);
    Map<String, AdapterHost> layers = targeting.layers();
    shared =
        new SharedTensors(
            layers.values().stream().map(host -> host.weight().shape()).toList(), origin.shared());
    layers.forEach(
        (path, host) -> {
          Buffer weight = host.weight().pretrained().value();
          AdapterSite site =
              new AdapterSite(path, weight, kernels, spec.seed(), origin.start(), shared);
          built.put(path, host.create(targeting.configFor(path), site));
          site.offset().ifPresent(offset -> offsets.put(path, offset));
        });
    built.forEach((path, site) -> sites.put(path, onItsBase(path, site, 1)));
    targeting
        .saved()
        .forEach(
            (path, module) ->
                ModuleTree.parameters(module)
                    .forEach(
                        (name, p) -> copies.put(ModuleTree.join(path, name), copy(p, kernels))));
    if (parameters().isEmpty()) {
      throw new IllegalArgumentException("adapter " + spec.name() + " has nothing to train");
    }
  }

  private Trainable onItsBase(String path, Trainable site, double factor) {
    Offset offset = offsets.get(path);
    return offset == null ? site : new OffsetAdapter((Adapter) site, offset.scaled(factor));
  }

  /** A trainable copy of a parameter's pretrained numbers. */
  static Tensor copy(Parameter parameter, Kernels kernels) {
    Buffer pretrained = parameter.pretrained().value();
    Buffer copy =
        new Buffer(kernels.allocate(pretrained.type(), pretrained.length()), 0, pretrained.shape());
    kernels.put(pretrained, Write.SET, copy);
    return Tensor.parameter(copy);
  }

  /** Makes the update count {@code factor} times, whatever it counted before. */
  void scale(double factor) {
    Map<String, Trainable> scaled = new LinkedHashMap<>();
    built.forEach(
        (path, site) -> scaled.put(path, onItsBase(path, scalable(site).scaled(factor), factor)));
    sites.putAll(scaled);
  }

  private Scalable scalable(Trainable site) {
    if (site instanceof Scalable scalable) {
      return scalable;
    }
    throw new IllegalArgumentException(
        "a "
            + spec.config().method()
            + " adapter cannot be scaled, but "
            + spec.name()
            + " is one");
  }

  AdapterSpec spec() {
    return spec;
  }

  /**
   * The spec with its layers named one by one where it said "all linear", as PEFT writes it: other
   * readers know names only.
   */
  AdapterSpec specForFile(Model<?> model) {
    if (!(spec.targets() instanceof TargetModules.AllLinear)) {
      return spec;
    }
    AdapterSpec byEnding = spec.targeting(names(path -> path.substring(path.lastIndexOf('.') + 1)));
    boolean same = new Targeting(byEnding, model).layers().keySet().equals(sites.keySet());
    return same ? byEnding : spec.targeting(names(path -> path));
  }

  private TargetModules names(UnaryOperator<String> naming) {
    return new TargetModules.Names(sites.keySet().stream().map(naming).distinct().toList());
  }

  /** What it put at each layer, by the layer's path. */
  Map<String, Trainable> sites() {
    return sites;
  }

  /** Where its layers started, by the layer's path; only layers that did not start at zero. */
  Map<String, Offset> offsets() {
    return offsets;
  }

  /** Its own copies of parameters, by the parameter's path. */
  Map<String, Tensor> copies() {
    return copies;
  }

  /** All its numbers, as they are saved. */
  AdapterTensors tensors() {
    return new AdapterTensors(parameters(), shared(), offsets);
  }

  /** What its layers share and is saved, by name. */
  Map<String, Tensor> shared() {
    return shared.saved();
  }

  /** Everything that trains, by path within the model. */
  Map<String, Tensor> parameters() {
    Map<String, Tensor> parameters = new LinkedHashMap<>();
    sites.forEach(
        (path, site) ->
            site.parameters().forEach((name, t) -> parameters.put(ModuleTree.join(path, name), t)));
    parameters.putAll(copies);
    return parameters;
  }
}
