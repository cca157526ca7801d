package org.peft4j.benchmarks.bench;

import org.peft4j.benchmarks.peer.PeerTask;
import org.peft4j.benchmarks.steps.PeftTask;
import org.peft4j.benchmarks.steps.ProductStep;
import org.peft4j.benchmarks.steps.TimedStep;

/** Whose steps are timed. */
enum Engine {
  /** Training with this library. */
  PEFT4J {
    @Override
    TimedStep start(Task task) {
      return new PeftTask(task.sizes(), task.type(), task.method().config());
    }
  },
  /** Training with PyTorch. */
  PYTORCH {
    @Override
    TimedStep start(Task task) {
      return new PeerTask(task.sizes(), task.type(), task.method().peer());
    }
  },
  /** A large product alone. */
  PRODUCT {
    @Override
    TimedStep start(Task task) {
      return new ProductStep(task.type());
    }
  };

  /** Loads native libraries, so in a process of its own. */
  abstract TimedStep start(Task task);
}
