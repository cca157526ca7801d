package org.peft4j.convert;

import java.util.Arrays;
import java.util.Map;
import java.util.function.Supplier;
import org.peft4j.adapter.LowRank;
import org.peft4j.adapter.LowRankUpdate;
import org.peft4j.nn.ModuleTree;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.tensor.Tensor;

/**
 * What an adapter is as plain LoRA.
 *
 * @param spec of the LoRA adapter
 * @param updates what it adds, by the layer's path
 * @param report how it came about
 */
public record PlainLora(AdapterSpec spec, Map<String, LowRankUpdate> updates, LoraReport report) {

  /**
   * Gives an adapter that was built from {@link #spec} these updates.
   *
   * @param source whose updates they are
   * @throws IllegalArgumentException if an update changes a bias and the adapter has none
   */
  public void fill(AdapterView lora, AdapterSpec source) {
    updates.forEach(
        (path, update) -> fill(lora.layer(path).update(), update, () -> changesBias(source, path)));
  }

  private static void fill(
      LowRankUpdate lora, LowRankUpdate update, Supplier<IllegalArgumentException> noBias) {
    LowRank factors = lora.factors();
    double ratio = update.scaling() / lora.scaling();
    put(update.factors().a(), 1, factors.a());
    put(update.factors().b(), ratio, factors.b());
    if (update.bias().isPresent()) {
      put(update.bias().get(), ratio, lora.bias().orElseThrow(noBias));
    }
  }

  /** For an adapter that changes more than weights. */
  static IllegalArgumentException changesBias(AdapterSpec spec, String path) {
    return new IllegalArgumentException(
        "adapter "
            + spec.name()
            + " is "
            + spec.config().method()
            + " and changes "
            + ModuleTree.join(path, "bias")
            + ", which plain LoRA cannot");
  }

  private static void put(Tensor source, double factor, Tensor target) {
    double[] values = source.value().toDoubles();
    Arrays.setAll(values, i -> factor * values[i]);
    target.value().put(values);
  }
}
