package org.peft4j.cli;

import java.util.Optional;
import java.util.function.Function;
import org.peft4j.PeftModel;
import org.peft4j.train.BatchSource;
import org.peft4j.train.Evaluation;
import org.peft4j.train.Objective;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;
import org.peft4j.transformers.MemoryEstimate;

/**
 * What is to be trained on what.
 *
 * @param peft with the adapter active
 * @param held data to measure the loss on, if there is any
 * @param memory what training takes
 */
record Fitting<B>(
    PeftModel<?> peft,
    Objective<B> objective,
    BatchSource<B> batches,
    Optional<Iterable<B>> held,
    Function<TrainingConfig, MemoryEstimate> memory) {

  Optional<Evaluation> evaluate() {
    return held.map(data -> Trainer.evaluate(peft, objective, data));
  }
}
