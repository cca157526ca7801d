package org.peft4j.transformers.checkpoint;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
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
   * @throws org.peft4j.io.AdapterFormatException if the files cannot be read
   */
  public static Task of(Path model, @Nullable Path adapter) throws IOException {
    Optional<Task> said = said(adapter);
    return said.isPresent() ? said.get() : of(model);
  }

  private static Optional<Task> said(@Nullable Path adapter) throws IOException {
    if (adapter == null) {
      return Optional.empty();
    }
    try (StoredAdapter stored = StoredAdapter.open(adapter, AdapterSpec.DEFAULT_NAME)) {
      return of(stored.spec())
          .or(() -> AdapterHead.isIn(stored) ? Optional.of(CLASSIFICATION) : Optional.empty());
    }
  }

  /**
   * Makes sure that a model, with an adapter if there is one, is for this task.
   *
   * @throws IllegalArgumentException if it is for another; the message says what to do with it
   */
  public void require(Path model, @Nullable Path adapter) throws IOException {
    Optional<Task> said = said(adapter);
    Task found = said.isPresent() ? said.get() : of(model);
    if (found != this) {
      throw new IllegalArgumentException(
          found.instead(said.isPresent() ? "the adapter in " + adapter : "the model in " + model));
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
