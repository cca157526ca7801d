package org.peft4j;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.peft4j.convert.AdapterView;
import org.peft4j.convert.LoraConversion;
import org.peft4j.convert.LoraReport;
import org.peft4j.convert.PlainLora;
import org.peft4j.kernel.Kernels;
import org.peft4j.nn.ActiveAdapters;
import org.peft4j.nn.AdapterHost;
import org.peft4j.nn.Model;
import org.peft4j.nn.ModuleTree;

/**
 * Shows an adapter to a conversion, and builds the LoRA adapter that it becomes.
 *
 * @param active that adapter alone at work
 */
record LoraDraft(InstalledAdapter source, Model<?> model, Kernels kernels, ActiveAdapters active) {

  /** Converts and writes it. */
  LoraReport write(Path folder, Function<LoraConversion, PlainLora> conversion) throws IOException {
    PlainLora lora = conversion.apply(new LoraConversion(view(source)));
    built(lora).write(folder, model);
    return lora.report();
  }

  private AdapterView view(InstalledAdapter adapter) {
    Map<String, AdapterHost> hosts = ModuleTree.hosts(model);
    Targeting targeting = new Targeting(adapter.spec(), model, true);
    Map<String, AdapterView.Layer> layers = new LinkedHashMap<>();
    adapter
        .sites()
        .forEach(
            (path, site) ->
                layers.put(
                    path,
                    new AdapterView.Layer(
                        Objects.requireNonNull(hosts.get(path), path),
                        targeting.configFor(path),
                        site,
                        adapter.replacements().containsKey(ModuleTree.join(path, "weight")))));
    return new AdapterView(adapter.spec(), layers, kernels, active);
  }

  /** The adapter that adds what {@code lora} says; not connected to the model. */
  private InstalledAdapter built(PlainLora lora) {
    InstalledAdapter.Origin plain = InstalledAdapter.Origin.fresh(Optional.empty());
    Draft draft = new Draft(lora.spec(), plain, model, kernels);
    InstalledAdapter built =
        new Drafts(List.of(draft), model, kernels).build(Preparation.NONE).get(0);
    lora.fill(view(built), source.spec());
    built.takeWhole(source);
    return built;
  }
}
