package org.peft4j;

import java.util.List;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.KernelSets;
import org.peft4j.kernel.Kernels;
import org.peft4j.nn.Model;
import org.peft4j.nn.ModuleTree;

/**
 * A pretrained model with the adapters there are for it.
 *
 * @param kernels those that the model computes with
 * @param type in which it computes
 */
record Hosted<M extends Model<M>>(M model, Kernels kernels, DataType type, NamedAdapters adapters) {

  /** With no adapters yet. */
  static <M extends Model<M>> Hosted<M> of(M model) {
    DataType type =
        ModuleTree.parameters(model).values().stream()
            .map(parameter -> parameter.pretrained().type())
            .reduce((one, next) -> next == DataType.BFLOAT16 ? next : one)
            .orElseThrow(() -> new IllegalArgumentException("the model has no parameters"));
    return new Hosted<>(model, KernelSets.forType(type), type, new NamedAdapters());
  }

  /** The model with these adapters at work. */
  AdaptersInUse use(Choice choice, List<InstalledAdapter> taken) {
    try {
      choice.requirePossible(taken);
      return new AdaptersInUse(model, choice, taken, () -> adapters.release(taken));
    } catch (RuntimeException e) {
      adapters.release(taken);
      throw e;
    }
  }

  AdaptersInUse use(Choice choice) {
    return use(choice, adapters.take(choice.names()));
  }
}
