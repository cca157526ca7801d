package org.peft4j;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapter.Trainable;
import org.peft4j.initializer.Initializer;
import org.peft4j.initializer.Offset;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Memory;
import org.peft4j.kernel.Shape;
import org.peft4j.method.Coordinated;
import org.peft4j.method.Coordinator;
import org.peft4j.nn.Model;
import org.peft4j.nn.Module;
import org.peft4j.nn.ModuleTree;
import org.peft4j.nn.Parameter;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.spec.WholeTensors;
import org.peft4j.store.AdapterStore;
import org.peft4j.store.AdapterTensors;
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
   * @param stored the shape of each layer's tensors by path, where they come from a file
   * @param values how many values that file holds
   * @param tables of the base that the file has its own of, by path
   */
  record Origin(
      Optional<Initializer> start,
      Map<String, Buffer> shared,
      Optional<Function<String, Shape>> stored,
      long values,
      Map<String, Tensor> tables) {

    /** Of an adapter that comes from no file. */
    static Origin fresh(Optional<Initializer> start) {
      return new Origin(start, Map.of(), Optional.empty(), 0, Map.of());
    }
  }

  private final AdapterSpec spec;
  private final Map<String, BuiltLayer> built;
  private final Map<String, Offset> offsets = new LinkedHashMap<>();
  private volatile Map<String, Trainable> sites;
  private final Map<String, Tensor> copies;
  private final Map<String, Tensor> replaced = new LinkedHashMap<>();
  private final Map<String, Tensor> kept = new LinkedHashMap<>();
  private final Set<String> notes = new LinkedHashSet<>();
  private final SharedTensors shared;
  private final Optional<Coordinator> coordinator;
  private final Occupation occupation;

  /**
   * Puts it together without connecting it to a model.
   *
   * @param built what it has at each layer, by the layer's path
   * @param shared what its layers share
   * @param copies of the parameters it trains whole, by path
   */
  InstalledAdapter(
      AdapterSpec spec,
      Map<String, BuiltLayer> built,
      SharedTensors shared,
      Map<String, Tensor> copies) {
    this.spec = spec;
    this.built = built;
    this.shared = shared;
    this.copies = copies;
    this.occupation = new Occupation(spec.name());
    Map<String, Trainable> onTheirBases = new LinkedHashMap<>();
    built.forEach(
        (path, layer) -> {
          layer.offset().ifPresent(offset -> offsets.put(path, offset));
          onTheirBases.put(path, layer.onItsBase());
        });
    this.sites = onTheirBases;
    this.coordinator = coordinator(spec.config(), built);
    if (parameters().isEmpty()) {
      throw new IllegalArgumentException("adapter " + spec.name() + " has nothing to train");
    }
  }

  private static Optional<Coordinator> coordinator(
      AdapterConfig config, Map<String, BuiltLayer> built) {
    if (built.isEmpty() || !(config instanceof Coordinated coordinated)) {
      return Optional.empty();
    }
    Map<String, Trainable> layers = new LinkedHashMap<>();
    built.forEach((path, layer) -> layers.put(path, layer.adapter()));
    return Optional.of(coordinated.coordinator(layers));
  }

  /** A trainable copy of a parameter's pretrained values. */
  static Tensor copy(Parameter parameter, Kernels kernels) {
    Buffer pretrained = parameter.pretrained().value();
    Buffer copy = kernels.buffer(parameter.type(), pretrained.shape());
    copy.put(pretrained);
    return Tensor.parameter(copy);
  }

  /** Copies of the parameters of modules that train whole, by path. */
  static Map<String, Tensor> copies(Map<String, Module> modules, Kernels kernels) {
    Map<String, Tensor> copies = new LinkedHashMap<>();
    modules.forEach(
        (path, module) ->
            ModuleTree.parameters(module)
                .forEach((name, p) -> copies.put(ModuleTree.join(path, name), copy(p, kernels))));
    return copies;
  }

  /** Makes the update count {@code factor} times, whatever it counted before. */
  void scale(double factor) {
    if (built.isEmpty()) {
      throw notScalable();
    }
    Map<String, Trainable> scaled = new LinkedHashMap<>();
    built.forEach(
        (path, layer) -> scaled.put(path, layer.scaled(factor).orElseThrow(this::notScalable)));
    sites = scaled;
  }

  private IllegalArgumentException notScalable() {
    return new IllegalArgumentException(
        "a "
            + spec.config().method()
            + " adapter cannot be scaled, but "
            + spec.name()
            + " is one");
  }

  /** How its layers started; only layers about which there is something to tell. */
  List<StartReport> starts() {
    List<StartReport> starts = new ArrayList<>();
    built.forEach(
        (path, layer) ->
            layer
                .facts()
                .ifPresent(facts -> starts.add(new StartReport(path, facts, layer.seconds()))));
    return starts;
  }

  AdapterSpec spec() {
    return spec;
  }

  /**
   * The spec with its layers named one by one where it said "all linear", as PEFT writes it: other
   * readers know names only. Where whole tensors train there are no layers to name.
   */
  private AdapterSpec specForFile(Model<?> model) {
    AdapterSpec spec = settled().map(s -> this.spec.configured(s.config())).orElse(this.spec);
    if (!(spec.targets() instanceof TargetModules.AllLinear) || sites.isEmpty()) {
      return spec;
    }
    AdapterSpec byEnding = spec.targeting(names(path -> path.substring(path.lastIndexOf('.') + 1)));
    boolean same = new Targeting(byEnding, model).layers().keySet().equals(sites.keySet());
    return same ? byEnding : spec.targeting(names(path -> path));
  }

  /** Writes its files into {@code folder}. */
  void write(Path folder, Model<?> model) throws IOException {
    AdapterSpec spec = specForFile(model);
    AdapterStore.write(folder, spec, tensors(), TaskModules.of(model).files(spec));
  }

  private TargetModules names(UnaryOperator<String> naming) {
    return new TargetModules.Names(sites.keySet().stream().map(naming).distinct().toList());
  }

  /** Who is at work with it. */
  Occupation occupation() {
    return occupation;
  }

  /** What it put at each layer, by the layer's path. */
  Map<String, Trainable> sites() {
    return sites;
  }

  /** Where its layers started, by the layer's path; only layers that did not start at zero. */
  Map<String, Offset> offsets() {
    return offsets;
  }

  /** Its own copies of parameters, by every path where they are used. */
  Map<String, Tensor> copies() {
    return copies;
  }

  /**
   * Everything that stands in for parameters of the base while it is active, by path: its copies,
   * and what it does not train.
   */
  Map<String, Tensor> replacements() {
    Map<String, Tensor> replacements = new LinkedHashMap<>(replaced);
    replacements.putAll(copies);
    return replacements;
  }

  /** From now on has {@code tensor}, which it does not train, in place of the base's. */
  void replace(String path, Tensor tensor) {
    replaced.put(path, tensor);
  }

  boolean isReplaced(String path) {
    return replaced.containsKey(path);
  }

  /** From now on trains {@code tensor} in place of the base's. */
  void train(String path, Tensor tensor) {
    copies.put(path, tensor);
  }

  /** Ties what it trains whole where its config says so. */
  void tieIfAsked(Model<?> model) {
    if (WholeTensors.of(spec.info()).tied() && !copies.isEmpty()) {
      tie(ModuleTree.ownParameters(model));
    }
  }

  /** Takes over what {@code other} has in place of tensors of the base. */
  void takeWhole(InstalledAdapter other) {
    copies.putAll(other.copies);
    replaced.putAll(other.replaced);
    kept.putAll(other.kept);
  }

  /** What it trains whole counts wherever the base uses the same tensor. */
  private void tie(Map<String, Parameter> own) {
    Map<Tensor, Tensor> trained = new IdentityHashMap<>();
    copies.forEach(
        (path, copy) ->
            trained.putIfAbsent(Objects.requireNonNull(own.get(path), path).pretrained(), copy));
    own.forEach(
        (path, parameter) -> {
          Tensor copy = trained.get(parameter.pretrained());
          if (copy != null) {
            copies.put(path, copy);
            kept.put(path, copy);
          }
        });
  }

  /** Saves {@code tensor} with it, as it came. */
  void keep(String path, Tensor tensor) {
    kept.put(path, tensor);
  }

  /** Notes something about its file that is worth telling. */
  void note(String text) {
    notes.add(text);
  }

  /** What is worth telling about its file. */
  List<String> notes() {
    return List.copyOf(notes);
  }

  /**
   * @throws IllegalArgumentException if it has something that should train and cannot
   */
  void requireTrainable() {
    if (!WholeTensors.of(spec.info()).tokens().isEmpty()) {
      throw new IllegalArgumentException(
          "adapter "
              + spec.name()
              + " has trained the rows of single tokens (trainable_token_indices), which cannot be"
              + " trained on here; use it or merge it as it is");
    }
  }

  /** What looks after its layers while they train, if its method wants that. */
  Optional<Coordinator> coordinator() {
    return coordinator;
  }

  private Optional<Coordinator.Settled> settled() {
    return coordinator.flatMap(Coordinator::settled);
  }

  /** All its tensors, as they are saved. */
  AdapterTensors tensors() {
    Map<String, Tensor> saved = stored();
    saved.putAll(kept);
    settled()
        .ifPresent(
            settled ->
                settled
                    .layers()
                    .forEach(
                        (path, tensors) ->
                            tensors.forEach(
                                (name, t) -> saved.put(ModuleTree.join(path, name), t))));
    return new AdapterTensors(inFile(saved), shared(), offsets);
  }

  /** A tensor of the base in a layer that is adapted lies one level deeper in PEFT's models. */
  private Map<String, Tensor> inFile(Map<String, Tensor> saved) {
    Map<String, Tensor> named = new LinkedHashMap<>();
    saved.forEach(
        (path, tensor) -> {
          int dot = path.lastIndexOf('.');
          boolean ofBase = copies.containsKey(path) || replaced.containsKey(path);
          boolean inside = ofBase && dot > 0 && sites.containsKey(path.substring(0, dot));
          named.put(
              inside ? path.substring(0, dot) + ".base_layer" + path.substring(dot) : path, tensor);
        });
    return named;
  }

  /** What is saved with a path of its own: everything that trains, and constants of layers. */
  Map<String, Tensor> stored() {
    Map<String, Tensor> stored = parameters();
    stored.putAll(shared.ofLayers());
    return stored;
  }

  /** What its layers share and is saved, by name. */
  Map<String, Tensor> shared() {
    return shared.saved();
  }

  /** What its sites let see of themselves, by path within the model. */
  Map<String, double[]> views() {
    Map<String, double[]> views = new LinkedHashMap<>();
    sites.forEach(
        (path, site) ->
            site.views().forEach((name, v) -> views.put(ModuleTree.join(path, name), v)));
    return views;
  }

  /**
   * Everything that trains, by path within the model; a copy by the first path where it is used.
   */
  Map<String, Tensor> parameters() {
    Map<String, Tensor> parameters = new LinkedHashMap<>();
    sites.forEach(
        (path, site) ->
            site.parameters().forEach((name, t) -> parameters.put(ModuleTree.join(path, name), t)));
    Set<Tensor> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    copies.forEach(
        (path, copy) -> {
          if (seen.add(copy)) {
            parameters.put(path, copy);
          }
        });
    return parameters;
  }

  /** The memory in which its trainable tensors lie at this moment; others may have a part of it. */
  Set<Memory> trainedMemory() {
    Set<Memory> memory = Collections.newSetFromMap(new IdentityHashMap<>());
    parameters().values().forEach(tensor -> memory.add(tensor.value().memory()));
    return memory;
  }

  /**
   * Frees what it holds.
   *
   * @param kept memory that others need
   */
  void close(Set<Memory> kept) {
    for (Tensor tensor : parameters().values()) {
      if (!kept.contains(tensor.value().memory())) {
        tensor.free();
      }
    }
    shared.close();
  }
}
