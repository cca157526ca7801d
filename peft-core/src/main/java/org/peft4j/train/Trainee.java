package org.peft4j.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.peft4j.kernel.Kernels;
import org.peft4j.method.TrainingHook;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/**
 * What a trainer trains: tensors, and what it has to know of the model around them. A {@code
 * PeftModel} is one.
 */
public interface Trainee {

  /** The trainable tensors by name, in a stable order. */
  Map<String, Tensor> trainable();

  /** Those that the model computes with. */
  Kernels kernels();

  /** A tape to train on. */
  default Tape training() {
    return Tape.training(kernels());
  }

  /** A tape to infer on, with the tensors as they are at that moment. */
  default Tape inference() {
    return Tape.inference(kernels());
  }

  /** This trainee with the tensors of now, whatever takes their place under their names later. */
  default Trainee pinned() {
    return this;
  }

  /**
   * The calling thread begins to work with the tensors.
   *
   * @throws IllegalStateException if another one is at work with them
   */
  default void beginWork() {}

  /** The thread that has begun to work with the tensors ends that. */
  default void endWork() {}

  /**
   * What must be the same where training goes on from a checkpoint, in words, by what it is called:
   * the base model, the methods. The names and shapes of the trainable tensors need not be among
   * it.
   */
  default Map<String, String> identity() {
    return Map.of();
  }

  /**
   * Called when a trainer is made, with the number of steps it will take in all.
   *
   * @return what goes on beside the steps, such as moving rank from layer to layer
   * @throws IllegalArgumentException if the method's schedule does not fit into {@code steps}
   */
  default TrainingHook begin(int steps) {
    return TrainingHook.NONE;
  }

  /** Writes what has been trained so far into {@code folder}, in the form in which it is used. */
  default void save(Path folder) throws IOException {}

  /**
   * Runs {@code forward}, which computes with the model on a tape, and says where the first number
   * appears that is not finite.
   */
  default Optional<String> firstNotFinite(Consumer<Tape> forward) {
    return Optional.empty();
  }

  /** These tensors and nothing else. */
  static Trainee of(Map<String, Tensor> trainable, Kernels kernels) {
    return new Trainee() {
      @Override
      public Map<String, Tensor> trainable() {
        return trainable;
      }

      @Override
      public Kernels kernels() {
        return kernels;
      }
    };
  }
}
