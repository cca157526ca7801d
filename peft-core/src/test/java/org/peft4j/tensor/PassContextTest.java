package org.peft4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.plain.PlainKernels;

class PassContextTest {

  private static final Kernels KERNELS = new PlainKernels();

  private final List<String> events = new ArrayList<>();
  private final Tensor weight = Tensor.parameter(normal(1, 4, 4));
  private final Tensor x = Tensor.of(normal(2, 6, 4));

  /** Says what becomes of it. */
  private final class Noted implements PassContext {

    private final String name;

    Noted(String name) {
      this.name = name;
    }

    @Override
    public void begin() {
      events.add(name + " begins");
    }

    @Override
    public void end() {
      events.add(name + " ends");
    }

    @Override
    public void close() {
      events.add(name + " closes");
    }

    @Override
    public String toString() {
      return name;
    }
  }

  @Test
  void beginsAndEndsWithEachStepAndClosesWithTheTape() {
    Tape t = Tape.inference(KERNELS, new Noted("a"));
    assertThat(events).isEmpty();
    t.scale(x, 2);
    t.scale(x, 3);
    t.reset();
    t.reset();
    t.scale(x, 2);
    t.close();
    t.close();

    assertThat(events).containsExactly("a begins", "a ends", "a begins", "a ends", "a closes");
  }

  @Test
  void thatOfAPartLastsUntilTheStepEnds() {
    Tape t = Tape.inference(KERNELS, new Noted("a"));
    t.during(new Noted("b"), () -> noted(t, x));
    noted(t, x);
    t.reset();
    t.close();

    assertThat(events)
        .containsExactly(
            "a begins", "b begins", "in b", "in a", "a ends", "b ends", "b closes", "a closes");
  }

  @Test
  void aTapeOfTheSamePoolHasItsContextWithoutClosingIt() {
    Tape t = Tape.training(KERNELS, new Noted("a"));
    Tape silent = t.inference();
    noted(silent, x);
    silent.close();
    Tape other = t.inference(new Noted("b"));
    noted(other, x);
    other.close();
    t.close();

    assertThat(events)
        .containsExactly(
            "a begins", "in a", "a ends", "b begins", "in b", "b ends", "b closes", "a closes");
  }

  @Test
  void aStepThatMustNotBeginBeginsLater() {
    boolean[] refuses = {true};
    PassContext context =
        new PassContext() {
          @Override
          public void begin() {
            if (refuses[0]) {
              throw new IllegalStateException("not now");
            }
          }
        };
    try (Tape t = Tape.inference(KERNELS, context)) {
      assertThatIllegalStateException().isThrownBy(() -> t.scale(x, 2)).withMessage("not now");
      refuses[0] = false;
      assertThat(t.scale(x, 2).value().toDoubles()).hasSize(24);
    }
  }

  @Test
  void aBlockIsComputedAgainInTheContextThatItHad() {
    try (Tape t = Tape.training(KERNELS, new Noted("a"))) {
      t.checkpointing(true);
      Tensor y = t.during(new Noted("b"), () -> t.block(x, input -> noted(t, input)));
      t.backward(t.meanSquaredError(t.linear(y, weight), x), 1);
    }

    assertThat(events.stream().filter(event -> event.startsWith("in")))
        .containsExactly("in b", "in b");
  }

  @Test
  void theLayerOfAChunkedLossIsComputedAgainInTheContextThatItHad() {
    int[] labels = {0, 1, 2, 3, 0, 1};
    try (Tape t = Tape.training(KERNELS, new Noted("a"))) {
      Tensor loss =
          t.during(new Noted("b"), () -> t.crossEntropySum(x, labels, 32, rows -> noted(t, rows)));
      t.backward(loss, 1);
    }

    assertThat(events.stream().filter(event -> event.startsWith("in")))
        .containsExactly("in b", "in b");
  }

  private Tensor noted(Tape t, Tensor input) {
    Tensor y = t.linear(input, weight);
    events.add("in " + t.context());
    return y;
  }

  private static Buffer normal(long seed, int... dims) {
    Buffer buffer = Buffer.allocate(DataType.FLOAT64, Shape.of(dims));
    Random random = new Random(seed);
    buffer.put(random.doubles(buffer.length()).map(any -> random.nextGaussian()).toArray());
    return buffer;
  }
}
