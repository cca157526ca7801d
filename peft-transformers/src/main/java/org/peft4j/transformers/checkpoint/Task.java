package org.peft4j.transformers.checkpoint;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.store.StoredAdapter;
import org.peft4j.transformers.model.SequenceClassifier;

/** What models and adapters are for, as their files tell. */
public enum Task {
  /** Predicting text: {@code LanguageModel}. */
  LANGUAGE("CAUSAL_LM"),
  /** Telling texts apart by labels: {@code TextClassifier}. */
  CLASSIFICATION(SequenceClassifier.TASK_TYPE);

  private final String peftName;

  Task(String peftName) {
    this.peftName = peftName;
  }

  /** What Hugging Face PEFT calls it: an adapter's {@code task_type}. */
  String peftName() {
    return peftName;
  }

  /**
   * What the model in that folder is for.
   *
   * @throws org.peft4j.io.AdapterFormatException if its config cannot be read
   */
  public static Task of(Path model) throws IOException {
    return Checkpoint.isClassifier(ModelConfig.read(model)) ? CLASSIFICATION : LANGUAGE;
  }

  /**
   * What a model is for with an adapter, which says so by its {@code task_type}, or else by having
   * an output layer of a classifier.
   *
   * @throws org.peft4j.io.AdapterFormatException if the model's config cannot be read
   */
  public static Task of(Path model, StoredAdapter adapter) throws IOException {
    Optional<Task> said = of(adapter);
    return said.isPresent() ? said.get() : of(model);
  }

  private static Optional<Task> of(StoredAdapter adapter) {
    return of(adapter.spec())
        .or(() -> AdapterHead.isIn(adapter) ? Optional.of(CLASSIFICATION) : Optional.empty());
  }

  /**
   * Makes sure that a model is for this task.
   *
   * @throws IllegalArgumentException if it is for another; the message says what to do with it
   */
  public void require(Path model) throws IOException {
    require(of(model), "the model in " + model);
  }

  /**
   * Makes sure that a model is for this task with an adapter.
   *
   * @throws IllegalArgumentException if it is for another; the message says what to do with it
   */
  public void require(Path model, StoredAdapter adapter) throws IOException {
    Optional<Task> said = of(adapter);
    if (said.isPresent()) {
      require(said.get(), "the adapter in " + adapter.folder());
    } else {
      require(model);
    }
  }

  private void require(Task found, String thing) {
    if (found != this) {
      throw new IllegalArgumentException(found.instead(thing));
    }
  }

  /** What to tell somebody who has taken a thing for this task for one for the other. */
  public String instead(String thing) {
    return this == CLASSIFICATION
        ? thing
            + " tells texts apart (SEQ_CLS) and writes none; take predict, eval, merge or classify"
            + " (TextClassifier)"
        : thing
            + " predicts text (CAUSAL_LM) and has no labels; take generate, eval, merge or finetune"
            + " (LanguageModel), or train a classifier by classify";
  }

  /** What an adapter says that it is for, if it is one of these. */
  public static Optional<Task> of(AdapterSpec adapter) {
    for (Task task : values()) {
      if (adapter.info().taskType().filter(task.peftName::equals).isPresent()) {
        return Optional.of(task);
      }
    }
    return Optional.empty();
  }
}
