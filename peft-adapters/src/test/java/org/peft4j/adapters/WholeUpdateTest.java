package org.peft4j.adapters;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapter.AdapterSite;
import org.peft4j.adapter.Base;
import org.peft4j.adapters.BoneConfig.Orientation;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.KernelSets;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.Sites;

/** Methods that add their update to the weight where there is one, and multiply once. */
class WholeUpdateTest {

  private static final Kernels KERNELS = KernelSets.forType(DataType.FLOAT64);
  private static final int ROWS = 200;
  private static final int IN = 12;
  private static final int OUT = 16;

  private final Tensor weight = random(1, OUT, IN);
  private final Tensor x = random(2, ROWS, IN);
  private final Tensor target = random(3, ROWS, OUT);

  static Stream<AdapterConfig> configs() {
    return Stream.of(new BoneConfig(4, Orientation.OUT_BLOCK), new VeraConfig(64));
  }

  /** A base that shows its weight, and notes whether it was asked to multiply by that itself. */
  private static final class Watched implements Base {

    private final Tensor weight;
    private boolean applied;

    Watched(Tensor weight) {
      this.weight = weight;
    }

    @Override
    public Tensor apply(Tape t, Tensor x) {
      applied = true;
      return t.linear(x, weight);
    }

    @Override
    public Optional<Tensor> weight() {
      return Optional.of(weight);
    }
  }

  @ParameterizedTest
  @MethodSource("configs")
  void oneProductComputesWhatTwoDo(AdapterConfig config) {
    Watched watched = new Watched(weight);
    List<double[]> once = outputAndGradients(config, watched);
    List<double[]> twice = outputAndGradients(config, (t, input) -> t.linear(input, weight));

    assertThat(watched.applied).isFalse();
    assertThat(once).hasSameSizeAs(twice).hasSizeGreaterThan(1);
    for (int i = 0; i < once.size(); i++) {
      assertThat(once.get(i)).containsExactly(twice.get(i), Offset.offset(1e-12));
    }
  }

  private List<double[]> outputAndGradients(AdapterConfig config, Base base) {
    AdapterSite site = Sites.of("a", weight.value(), 0);
    Adapter adapter = (Adapter) config.create(site).scaled(0.5).orElseThrow();
    adapter
        .parameters()
        .forEach((name, tensor) -> tensor.value().put(numbers(4, tensor.shape().length())));
    List<double[]> found = new ArrayList<>();
    try (Tape tape = Tape.training(KERNELS)) {
      Tensor y = adapter.forward(tape, x, base);
      found.add(y.value().toDoubles());
      tape.backward(tape.meanSquaredError(y, target), 1);
      adapter
          .parameters()
          .forEach(
              (name, tensor) -> found.add(Objects.requireNonNull(tensor.gradient()).toDoubles()));
    }
    return found;
  }

  private static Tensor random(int seed, int... dims) {
    Buffer buffer = Buffer.allocate(DataType.FLOAT64, Shape.of(dims));
    buffer.put(numbers(seed, buffer.length()));
    return Tensor.of(buffer);
  }

  private static double[] numbers(int seed, long length) {
    return new Random(seed).doubles(length, -0.3, 0.3).toArray();
  }
}
