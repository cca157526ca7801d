package org.peft4j.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.plain.PlainKernels;
import org.peft4j.method.TrainingHook;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/** A training of two small matrices, with dropout, whose batches are numbers. */
final class Toy implements Trainee {

  static final Kernels KERNELS = new PlainKernels();

  private static final int WIDTH = 6;

  private final Tensor a;
  private final Tensor b;
  private final Map<String, String> identity = new LinkedHashMap<>(Map.of("base model", "toy"));
  private Saver saver = folder -> {};
  private TrainingHook hook = TrainingHook.NONE;

  /** Writes into a checkpoint. */
  interface Saver {
    void save(Path folder) throws IOException;
  }

  Toy(DataType type) {
    a = parameter(type, 1);
    b = parameter(type, 2);
  }

  Toy() {
    this(DataType.FLOAT64);
  }

  Toy saving(Saver saver) {
    this.saver = saver;
    return this;
  }

  Toy with(TrainingHook hook) {
    this.hook = hook;
    return this;
  }

  Toy called(String name, String value) {
    identity.put(name, value);
    return this;
  }

  double[] values() {
    double[] both = new double[2 * WIDTH * WIDTH];
    System.arraycopy(a.value().toDoubles(), 0, both, 0, WIDTH * WIDTH);
    System.arraycopy(b.value().toDoubles(), 0, both, WIDTH * WIDTH, WIDTH * WIDTH);
    return both;
  }

  Tensor a() {
    return a;
  }

  /** Batch k is drawn from k; a negative one asks for what is not a number. */
  Loss loss(Tape t, Long batch) {
    Tensor x = normal(a.type(), batch, 4);
    Tensor target = batch < 0 ? notNumbers() : normal(a.type(), 1000 + batch, 4);
    Tensor y = t.linear(t.dropout(t.linear(x, a), 0.2), b);
    return new Loss(t.meanSquaredError(y, target), 1, Map.of("number", (double) batch));
  }

  Trainer<Long> trainer(TrainingConfig config) {
    return new Trainer<>(this, this::loss, config);
  }

  @Override
  public Map<String, Tensor> trainable() {
    Map<String, Tensor> trainable = new LinkedHashMap<>();
    trainable.put("a", a);
    trainable.put("b", b);
    return trainable;
  }

  @Override
  public Kernels kernels() {
    return KERNELS;
  }

  @Override
  public Map<String, String> identity() {
    return identity;
  }

  @Override
  public TrainingHook begin(int steps) {
    return hook;
  }

  @Override
  public void save(Path folder) throws IOException {
    saver.save(folder);
  }

  /** Numbers 0, 1, 2, ..., so many in an epoch. */
  static BatchSource<Long> batches(int perEpoch) {
    return batches(perEpoch, "numbers");
  }

  static BatchSource<Long> batches(int perEpoch, String signature) {
    return new BatchSource<>() {
      @Override
      public Long batch(long number) {
        return number;
      }

      @Override
      public int perEpoch() {
        return perEpoch;
      }

      @Override
      public String signature() {
        return signature;
      }
    };
  }

  /** Stops the thread that trains when a step is done. */
  static TrainingListener interruptingAfter(int step) {
    return report -> {
      if (report.step() == step) {
        Thread.currentThread().interrupt();
      }
    };
  }

  /**
   * What a crash does to a process, as far as one process can do it to itself: nothing is saved.
   */
  static TrainingListener crashingAfter(int step) {
    return report -> {
      if (report.step() == step) {
        throw new AssertionError("crash");
      }
    };
  }

  private Tensor notNumbers() {
    Buffer buffer = Buffer.allocate(a.type(), Shape.of(4, WIDTH));
    double[] values = new double[4 * WIDTH];
    Arrays.fill(values, Double.NaN);
    buffer.put(values);
    return Tensor.of(buffer);
  }

  private static Tensor parameter(DataType type, long seed) {
    return Tensor.parameter(normal(type, seed, WIDTH).value());
  }

  private static Tensor normal(DataType type, long seed, int rows) {
    Random random = new Random(seed);
    Buffer buffer = Buffer.allocate(type, Shape.of(rows, WIDTH));
    buffer.put(random.doubles(buffer.length()).map(x -> random.nextGaussian()).toArray());
    return Tensor.of(buffer);
  }
}
