package org.peft4j.benchmarks.bench;

import java.util.List;
import org.peft4j.benchmarks.steps.Sizes;
import org.peft4j.benchmarks.steps.TimedStep;
import org.peft4j.kernel.DataType;

/** What one process is to time. */
record Task(Engine engine, DataType type, Method method, Sizes sizes) {

  /** From the arguments of a process. */
  static Task parse(String... arguments) {
    return new Task(
        Engine.valueOf(arguments[0]),
        DataType.valueOf(arguments[1]),
        Method.named(arguments[2]),
        Sizes.parse(arguments[3]));
  }

  /** What {@link #parse} understands. */
  List<String> arguments() {
    return List.of(engine.name(), type.name(), method.name(), sizes.toString());
  }

  TimedStep start() {
    return engine.start(this);
  }
}
