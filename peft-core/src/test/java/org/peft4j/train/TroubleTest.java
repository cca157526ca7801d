package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes wrong beside the steps does not end training. */
class TroubleTest {

  private static final int STEPS = 6;

  private final List<Trouble> told = new ArrayList<>();

  @Test
  void aListenerThatFailsIsToldOfOnceAndChangesNoNumber() {
    double[] alone = trained();
    TrainingListener failing = new Failing(() -> new UncheckedIOException("disk", io()));
    Toy toy = new Toy();

    TrainingReport report = fit(toy, failing, telling());

    assertThat(toy.values()).isEqualTo(alone);
    assertThat(report.steps()).hasSize(STEPS);
    assertThat(told).hasSize(1);
    assertThat(told.get(0).step()).isZero();
    assertThat(told.get(0).what()).isEqualTo("TroubleTest$Failing failed: disk");
    assertThat(report.troubles()).isEqualTo(told);
  }

  @ParameterizedTest
  @ValueSource(
      classes = {
        IllegalStateException.class,
        NoClassDefFoundError.class,
        StackOverflowError.class,
        OutOfMemoryError.class
      })
  void neitherDoesOneWithABugOrWithoutAClassOrMemory(Class<? extends Throwable> kind) {
    Toy toy = new Toy();

    TrainingReport report = fit(toy, throwing(kind, 3), telling());

    assertThat(toy.values()).isEqualTo(trained());
    assertThat(told).hasSize(1);
    assertThat(told.get(0).step()).isEqualTo(3);
    assertThat(told.get(0).what()).isEqualTo("a listener of TroubleTest failed: " + kind.getName());
    assertThat(report.reason()).isEqualTo(StopReason.STEPS);
  }

  @Test
  void aListenerThatFailsAtTheEndStandsInTheReport() {
    TrainingListener last =
        new TrainingListener() {
          @Override
          public void onStep(StepReport report) {}

          @Override
          public void onEnd(TrainingReport report) {
            throw new UncheckedIOException("cannot draw", io());
          }
        };

    TrainingReport report = fit(new Toy(), last);

    assertThat(report.troubles()).extracting(Trouble::step).containsExactly(STEPS);
  }

  @Test
  void aListenerThatFailsGoesOnBeingTold() {
    List<Integer> heard = new ArrayList<>();

    fit(
        new Toy(),
        step -> {
          heard.add(step.step());
          throw new IllegalStateException();
        });

    assertThat(heard).containsExactly(1, 2, 3, 4, 5, 6);
  }

  @Test
  void whatListensToTroublesMayFailAsWell() {
    TrainingListener second =
        new TrainingListener() {
          @Override
          public void onStep(StepReport report) {}

          @Override
          public void onTrouble(Trouble trouble) {
            throw new IllegalStateException("second");
          }
        };

    TrainingReport report = fit(new Toy(), new Failing(IllegalStateException::new), second);

    assertThat(report.troubles()).hasSize(2);
  }

  @Test
  void aListenerMayStillEndTrainingOnPurpose() {
    TrainingReport report = fit(new Toy(), Toy.interruptingAfter(2));

    assertThat(Thread.interrupted()).isTrue();
    assertThat(report.reason()).isEqualTo(StopReason.INTERRUPTED);
    assertThat(report.steps()).hasSize(2);
  }

  @Test
  void testsMayCheckInListeners() {
    assertThatThrownBy(() -> fit(new Toy(), throwing(AssertionError.class, 2)))
        .isInstanceOf(AssertionError.class);
  }

  private static IOException io() {
    return new IOException("disk");
  }

  private TrainingListener telling() {
    return new TrainingListener() {
      @Override
      public void onStep(StepReport report) {}

      @Override
      public void onTrouble(Trouble trouble) {
        told.add(trouble);
      }
    };
  }

  private static TrainingListener throwing(Class<? extends Throwable> kind, int from) {
    return step -> {
      if (step.step() >= from) {
        try {
          throw kind.getConstructor().newInstance();
        } catch (RuntimeException | Error e) {
          throw e;
        } catch (Throwable e) {
          throw new AssertionError(e);
        }
      }
    };
  }

  private static TrainingReport fit(Toy toy, TrainingListener... listeners) {
    try (Trainer<Long> trainer = toy.trainer(new TrainingConfig(STEPS, 0.05))) {
      return trainer.fit(Toy.batches(4), listeners);
    }
  }

  private static double[] trained() {
    Toy toy = new Toy();
    fit(toy);
    return toy.values();
  }

  /** Fails wherever it can. */
  private record Failing(Supplier<RuntimeException> failure) implements TrainingListener {

    @Override
    public void onStart(TrainingStart start) {
      throw failure.get();
    }

    @Override
    public void onStep(StepReport report) {
      throw failure.get();
    }

    @Override
    public void onEnd(TrainingReport report) {
      throw failure.get();
    }
  }
}
