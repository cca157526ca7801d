package org.peft4j;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.method.ParameterSelector;
import org.peft4j.nn.Model;
import org.peft4j.nn.ModuleTree;
import org.peft4j.nn.Parameter;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.store.StoredAdapter;
import org.peft4j.tensor.Tensor;

/** Builds the adapter that a folder holds for one model. */
final class AdapterReading {

  private final StoredAdapter stored;
  private final Model<?> model;
  private final Kernels kernels;
  private final DataType type;
  private final AdapterSpec spec;

  AdapterReading(StoredAdapter stored, Model<?> model, Kernels kernels, DataType type) {
    this.stored = stored;
    this.model = model;
    this.kernels = kernels;
    this.type = type;
    this.spec = TaskModules.of(model).addedToFile(stored.spec());
  }

  /**
   * @throws org.peft4j.io.AdapterFormatException if the files are wrong or do not fit the model
   */
  InstalledAdapter read() throws IOException {
    try {
      return spec.config() instanceof ParameterSelector ? selected() : built();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** All of its tensors are the base's, and it says which. */
  private InstalledAdapter selected() throws IOException {
    InstalledAdapter adapter = draft(Map.of());
    stored.read(adapter.stored(), adapter.shared());
    stored.requireNothingWrong();
    return noted(adapter, List.of());
  }

  private InstalledAdapter built() throws IOException {
    BaseTensors base = new BaseTensors(stored, spec, model);
    Targeting targeting = new Targeting(spec, model, true);
    base.requirePossible(targeting.layers().keySet());
    InstalledAdapter adapter = draft(base.readTables(paths(targeting)));
    growCopies(adapter, base);
    stored.read(adapter.stored(), adapter.shared());
    adapter.tieIfAsked(model);
    base.readRest();
    base.putInto(adapter);
    stored.requireNothingWrong();
    return noted(adapter, base.notes());
  }

  /** Of the tensors of modules that train whole. */
  private static Set<String> paths(Targeting targeting) {
    Set<String> paths = new LinkedHashSet<>();
    targeting
        .saved()
        .forEach(
            (path, module) ->
                ModuleTree.parameters(module)
                    .keySet()
                    .forEach(name -> paths.add(ModuleTree.join(path, name))));
    return paths;
  }

  private void growCopies(InstalledAdapter adapter, BaseTensors base) {
    Map<String, Parameter> own = ModuleTree.ownParameters(model);
    for (String path : List.copyOf(adapter.copies().keySet())) {
      if (base.isGrown(path)) {
        Parameter parameter = Objects.requireNonNull(own.get(path), path);
        adapter.train(
            path,
            Tensor.parameter(Buffer.allocate(parameter.type(), stored.shape(path).orElseThrow())));
      }
    }
  }

  private InstalledAdapter draft(Map<String, Tensor> tables) throws IOException {
    InstalledAdapter.Origin origin =
        new InstalledAdapter.Origin(
            stored.start(spec),
            stored.shared(type),
            Optional.of(stored.shapes()),
            stored.values(),
            new LinkedHashMap<>(tables));
    Draft draft = new Draft(spec, origin, model, kernels);
    return new Drafts(List.of(draft), model, kernels).build(Preparation.NONE).get(0);
  }

  private InstalledAdapter noted(InstalledAdapter adapter, List<String> more) {
    List<String> notes = new ArrayList<>(stored.notes());
    notes.addAll(more);
    notes.forEach(adapter::note);
    return adapter;
  }
}
