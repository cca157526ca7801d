package org.peft4j.transformers.generate;

import java.util.List;
import org.peft4j.AdaptedModel;
import org.peft4j.tensor.Tape;

/**
 * The adapters that a text was begun with. They are its own to its end, whatever becomes of their
 * names meanwhile: an open tape keeps them from being freed.
 */
record HeldAdapters(AdaptedModel<?> adapted, Tape holder) implements AutoCloseable {

  /** Those of a view, as they are now. */
  static HeldAdapters of(AdaptedModel<?> view) {
    AdaptedModel<?> adapted = view.pinned();
    return new HeldAdapters(adapted, adapted.inference());
  }

  /** Equal for texts that go through the same adapters. */
  Object key() {
    return holder.context().ofRow(0);
  }

  /**
   * A tape on which each row of a batch is computed through its own.
   *
   * @param memory whose pool it uses
   * @throws IllegalArgumentException if these cannot be mixed
   */
  static Tape tape(List<HeldAdapters> rows, Tape memory) {
    return AdaptedModel.perRow(rows.stream().<AdaptedModel<?>>map(HeldAdapters::adapted).toList())
        .inference(memory);
  }

  @Override
  public void close() {
    holder.close();
  }
}
