package org.peft4j;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.tensor.Tensor;

/**
 * Makes the tensors of one layer of an adapter.
 *
 * @param path the layer's path in the model
 * @param type of what is trained
 * @param seed of all random numbers
 * @param kernels where tensors are made
 * @param shared notes what has to be freed with the adapter
 */
record NewTensors(String path, DataType type, long seed, Kernels kernels, SharedTensors shared) {

  /** Trained, drawn evenly from ±1/sqrt(columns). */
  Tensor kaimingUniform(String name, int rows, int columns) {
    double bound = 1 / Math.sqrt(columns);
    SplittableRandom random = random(name);
    return filled(() -> (2 * random.nextDouble() - 1) * bound, rows, columns);
  }

  /** Trained, drawn from a normal distribution around zero. */
  Tensor normal(String name, double standardDeviation, int... dims) {
    java.util.Random random = new java.util.Random(seed(name));
    return filled(() -> random.nextGaussian() * standardDeviation, dims);
  }

  /** Trained, with these values at first. */
  Tensor trained(double[] values, int... dims) {
    return Tensor.parameter(buffer(values, Shape.of(dims)));
  }

  /** Trained, with the next values of {@code source} at first. */
  Tensor filled(DoubleSupplier source, int... dims) {
    shared.requireRoom(path, Shape.of(dims));
    double[] values = new double[Math.toIntExact(Shape.of(dims).length())];
    Arrays.setAll(values, i -> source.getAsDouble());
    return trained(values, dims);
  }

  /** A seed for {@code name} that no other layer and no other name has. */
  long seed(String name) {
    return random(name).nextLong();
  }

  /** A constant with the entries of {@code source}, in {@code type}. */
  Tensor copy(Tensor source, DataType type) {
    Buffer copy = allocate(type, source.shape());
    copy.put(source.value());
    return Tensor.of(copy);
  }

  Buffer buffer(double[] values, Shape shape) {
    Buffer buffer = allocate(type, shape);
    buffer.put(values);
    return buffer;
  }

  /** Not initialized; freed with the adapter. */
  Buffer allocate(DataType type, Shape shape) {
    return new Buffer(shared.own(kernels.allocate(type, shape.length())), 0, shape);
  }

  private SplittableRandom random(String name) {
    long mixed = seed;
    for (char c : (path + "/" + name).toCharArray()) {
      mixed = mixed * 0x100000001B3L + c;
    }
    return new SplittableRandom(mixed);
  }
}
