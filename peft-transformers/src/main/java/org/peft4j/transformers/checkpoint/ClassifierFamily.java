package org.peft4j.transformers.checkpoint;

import java.util.Set;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.nn.Weights;
import org.peft4j.transformers.model.Labels;
import org.peft4j.transformers.model.SequenceClassifier;

/** How a family of models becomes classifiers of sequences. */
public interface ClassifierFamily {

  /** The modules that a language model of the family does not have, such as {@code score}. */
  Set<String> newModules();

  /**
   * The classifier that {@code config} describes, whether or not it describes one already.
   *
   * @throws AdapterFormatException if the config is wrong, naming everything
   */
  SequenceClassifier<?> build(ModelConfig config, Labels labels, Weights weights)
      throws AdapterFormatException;
}
