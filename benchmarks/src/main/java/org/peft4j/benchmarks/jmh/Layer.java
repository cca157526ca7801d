package org.peft4j.benchmarks.jmh;

/**
 * The widths of a linear layer, as they stand in a benchmark's parameter: {@code 512x1376} has 512
 * inputs and 1376 outputs.
 */
record Layer(int in, int out) {

  static Layer of(String widths) {
    if (!widths.matches("[1-9]\\d{0,5}x[1-9]\\d{0,5}")) {
      throw new IllegalArgumentException(
          "a layer is INxOUT, such as 512x1376, but was \"" + widths + "\"");
    }
    String[] sides = widths.split("x");
    return new Layer(Integer.parseInt(sides[0]), Integer.parseInt(sides[1]));
  }
}
