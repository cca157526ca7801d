package org.peft4j;

import java.io.IOException;
import java.nio.file.Path;
import org.peft4j.nn.Model;
import org.peft4j.spec.AdapterSpec;

/** Where fine-tuning starts: puts adapters on a pretrained model. */
public final class Peft {

  private Peft() {}

  /**
   * Puts adapters on a model and activates the first of them.
   *
   * @param model stays as it is; it computes with adapters on tapes of the returned PeftModel
   * @param specs at least one
   * @throws IllegalArgumentException if the targets of a spec are not what the model has; the
   *     message lists what it has
   */
  public static <M extends Model<M>> PeftModel<M> adapt(M model, AdapterSpec... specs) {
    return adapt(model, Preparation.NONE, specs);
  }

  /**
   * Puts adapters on a model whose start depends on data: their initializers look at what {@code
   * preparation} offers.
   */
  public static <M extends Model<M>> PeftModel<M> adapt(
      M model, Preparation preparation, AdapterSpec... specs) {
    if (specs.length == 0) {
      throw new IllegalArgumentException("no adapter given");
    }
    PeftModel<M> adapted = new PeftModel<>(model);
    adapted.add(preparation, specs);
    adapted.activate(specs[0].name());
    return adapted;
  }

  /**
   * Puts the adapter that lies in {@code folder}, as Hugging Face PEFT or this library wrote it, on
   * a model; active.
   */
  public static <M extends Model<M>> PeftModel<M> load(M model, Path folder) throws IOException {
    PeftModel<M> adapted = new PeftModel<>(model);
    adapted.load(folder, AdapterSpec.DEFAULT_NAME);
    adapted.activate(AdapterSpec.DEFAULT_NAME);
    return adapted;
  }

  /** A model ready for adapters, with none yet. */
  public static <M extends Model<M>> PeftModel<M> host(M model) {
    return new PeftModel<>(model);
  }
}
