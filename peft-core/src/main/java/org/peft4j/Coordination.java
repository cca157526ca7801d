package org.peft4j;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.peft4j.kernel.Buffer;
import org.peft4j.method.TrainingHook;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/**
 * What the methods of several adapters do while these train together.
 *
 * @param hooks by the adapter's name
 */
record Coordination(Map<String, TrainingHook> hooks) implements TrainingHook {

  /** Begins a training of so many steps. */
  static TrainingHook begin(List<InstalledAdapter> adapters, int steps) {
    Map<String, TrainingHook> hooks = new LinkedHashMap<>();
    adapters.forEach(
        adapter ->
            adapter
                .coordinator()
                .ifPresent(own -> hooks.put(adapter.spec().name(), own.begin(steps))));
    return hooks.isEmpty() ? NONE : new Coordination(hooks);
  }

  @Override
  public void afterStep(int step) {
    hooks.values().forEach(hook -> hook.afterStep(step));
  }

  @Override
  public Optional<Tensor> penalty(Tape t) {
    return hooks.values().stream().flatMap(hook -> hook.penalty(t).stream()).reduce(t::add);
  }

  @Override
  public Map<String, Buffer> memory() {
    Map<String, Buffer> memory = new LinkedHashMap<>();
    hooks.forEach(
        (adapter, hook) ->
            hook.memory().forEach((name, buffer) -> memory.put(adapter + "." + name, buffer)));
    return memory;
  }
}
