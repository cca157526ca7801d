package org.peft4j.tensor;

import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Write;

/**
 * Puts one contribution into a gradient: sets all of it if it is the first, adds to it otherwise,
 * as {@code write} says.
 */
@FunctionalInterface
public interface GradientWriter {
  void write(Write write, Buffer gradient);
}
