package org.peft4j.tensor;

import org.peft4j.kernel.Buffer;

/** Passes the gradient of an operation's output on to its inputs. */
@FunctionalInterface
interface Backward {
  void run(Buffer outputGradient);
}
