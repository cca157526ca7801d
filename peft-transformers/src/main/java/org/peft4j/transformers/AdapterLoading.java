package org.peft4j.transformers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.peft4j.PeftModel;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.store.StoredAdapter;
import org.peft4j.transformers.checkpoint.Task;

/**
 * Puts adapters from files on a model.
 *
 * @param model where it is from, to name in messages
 */
record AdapterLoading(PeftModel<?> peft, Path model) {

  /**
   * Loads an adapter and makes it the active one.
   *
   * @param task of the model
   * @throws IllegalArgumentException if it is for another task or does not fit the model
   */
  void load(StoredAdapter stored, Task task) throws IOException {
    Path folder = stored.folder();
    AdapterSpec spec = stored.spec();
    Optional<Task> other = Task.of(spec).filter(said -> said != task);
    if (other.isPresent()) {
      throw new IllegalArgumentException(other.get().instead("the adapter in " + folder));
    }
    try {
      peft.load(stored);
    } catch (IllegalArgumentException | AdapterFormatException e) {
      throw new IllegalArgumentException(
          "the adapter in %s, made for %s, does not fit the model in %s: %s"
              .formatted(
                  folder,
                  spec.info().baseModel().orElse("an unknown model"),
                  model,
                  e.getMessage()),
          e);
    }
    peft.activate(spec.name());
  }
}
