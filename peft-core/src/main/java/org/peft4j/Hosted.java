package org.peft4j;

import java.util.List;
import java.util.Map;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.KernelSets;
import org.peft4j.kernel.Kernels;
import org.peft4j.nn.AdapterHost;
import org.peft4j.nn.Model;
import org.peft4j.nn.ModuleTree;
import org.peft4j.nn.Parameter;

/**
 * A pretrained model with the adapters there are for it.
 *
 * @param parts the model's
 * @param kernels those that the model computes with
 * @param type in which it computes
 */
record Hosted<M extends Model<M>>(
    M model, Parts parts, Kernels kernels, DataType type, NamedAdapters adapters) {

  /**
   * What adapters meet in a model, by path.
   *
   * @param layers that can be adapted
   * @param parameters that may be replaced
   */
  record Parts(Map<String, AdapterHost> layers, Map<String, Parameter> parameters) {}

  /** With no adapters yet. */
  static <M extends Model<M>> Hosted<M> of(M model) {
    DataType type =
        ModuleTree.parameters(model).values().stream()
            .map(parameter -> parameter.pretrained().type())
            .reduce((one, next) -> next == DataType.BFLOAT16 ? next : one)
            .orElseThrow(() -> new IllegalArgumentException("the model has no parameters"));
    Parts parts = new Parts(ModuleTree.hosts(model), ModuleTree.ownParameters(model));
    return new Hosted<>(model, parts, KernelSets.forType(type), type, new NamedAdapters());
  }

  /** The model with these adapters at work. */
  AdaptersInUse use(Choice choice, List<InstalledAdapter> taken) {
    try {
      choice.requirePossible(taken);
      return new AdaptersInUse(parts, choice, taken, () -> adapters.release(taken));
    } catch (RuntimeException e) {
      adapters.release(taken);
      throw e;
    }
  }

  AdaptersInUse use(Choice choice) {
    return use(choice, adapters.take(choice.names()));
  }
}
