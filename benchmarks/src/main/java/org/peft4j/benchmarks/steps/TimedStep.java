package org.peft4j.benchmarks.steps;

/** Work that is done over and over to find out how long it takes. */
public interface TimedStep {

  /** Does it once. */
  void run();
}
