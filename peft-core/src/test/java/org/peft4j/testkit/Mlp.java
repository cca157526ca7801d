package org.peft4j.testkit;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.peft4j.kernel.Activation;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
import org.peft4j.nn.Distribution;
import org.peft4j.nn.FreshWeights;
import org.peft4j.nn.Linear;
import org.peft4j.nn.Model;
import org.peft4j.nn.Module;
import org.peft4j.nn.Weights;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/**
 * {@code lin1(tanh(lin0(x)))} with linear 24 -> 32 -> 16 and biases: the model of the golden cases.
 */
public record Mlp(Linear lin0, Linear lin1) implements Model<Mlp> {

  public static final int IN = 24;
  public static final int HIDDEN = 32;
  public static final int OUT = 16;

  public static Mlp of(Weights weights) {
    return new Mlp(Linear.of(weights, "lin0", IN, HIDDEN), Linear.of(weights, "lin1", HIDDEN, OUT));
  }

  /** With normal weights, drawn from a seed. */
  public static Mlp random(DataType type, long seed) {
    return of(
        FreshWeights.drawn(seed, Distribution.normal(0.2))
            .starting("bias", Distribution.normal(0.1))
            .ofType(type));
  }

  /** A constant drawn from a normal distribution. */
  public static Tensor normal(DataType type, Random random, double deviation, int... dims) {
    Buffer buffer = Buffer.allocate(type, Shape.of(dims));
    buffer.put(
        random.doubles(buffer.length()).map(any -> random.nextGaussian() * deviation).toArray());
    return Tensor.of(buffer);
  }

  public Tensor forward(Tape t, Tensor x) {
    return lin1.forward(t, t.activate(Activation.TANH, lin0.forward(t, x)));
  }

  @Override
  public Map<String, Module> children() {
    Map<String, Module> children = new LinkedHashMap<>();
    children.put("lin0", lin0);
    children.put("lin1", lin1);
    return children;
  }

  @Override
  public Mlp rebuild(Weights weights) {
    return of(weights);
  }
}
