package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FaultTest {

  @TempDir Path temporary;

  private final List<Fault> faults = new ArrayList<>();

  @Test
  void stopsAtTheFirstAndNamesTheStepAndTheLastCheckpoint() {
    Toy toy = new Toy();
    try (Trainer<Long> trainer = toy.trainer(config(FaultPolicy.STOP))) {
      assertThatThrownBy(() -> trainer.fit(spoilt(Set.of(4L)), plan()))
          .isInstanceOf(NotFiniteException.class)
          .hasMessage(
              "the loss of step 5 is NaN; try a lower learning rate than 0.05; the last checkpoint"
                  + " is "
                  + temporary.resolve("checkpoint-4"));
      assertThat(trainer.step()).isEqualTo(4);
    }
  }

  @Test
  void leavesStepsOutAndCountsThem() {
    Toy toy = new Toy();
    try (Trainer<Long> trainer = toy.trainer(config(FaultPolicy.skipping(2)))) {
      TrainingReport report = trainer.fit(spoilt(Set.of(2L, 3L, 6L)), plan());

      assertThat(report.skipped()).isEqualTo(3);
      assertThat(report.steps()).extracting(StepReport::step).containsExactly(1, 2, 5, 6, 8, 9, 10);
      assertThat(faults).extracting(Fault::step).containsExactly(3, 4, 7);
      assertThat(faults.get(2).reason()).startsWith("the loss of step 7 is NaN");
    }
  }

  @Test
  void aStepThatIsLeftOutChangesNoParameterAndNoMemoryOfTheOptimizer() {
    Toy skipping = new Toy();
    try (Trainer<Long> trainer = skipping.trainer(config(FaultPolicy.skipping(1)))) {
      trainer.fit(spoilt(Set.of(9L)), plan());
    }
    Toy shorter = new Toy();
    try (Trainer<Long> trainer = shorter.trainer(config(FaultPolicy.STOP))) {
      for (long batch = 0; batch < 9; batch++) {
        trainer.computeGradients(batch);
        trainer.applyGradients();
      }
    }

    assertThat(skipping.values()).isEqualTo(shorter.values());
  }

  @Test
  void stopsWhereTooManyInARowFail() {
    Toy toy = new Toy();
    try (Trainer<Long> trainer = toy.trainer(config(FaultPolicy.skipping(2)))) {
      assertThatThrownBy(() -> trainer.fit(spoilt(Set.of(5L, 6L, 7L)), plan()))
          .isInstanceOf(NotFiniteException.class)
          .hasMessageContaining("; 3 such steps in a row, of which the fault policy leaves out 2")
          .hasMessageEndingWith("checkpoint-7");
    }
  }

  @Test
  void namesTheParameterThatIsNotFinite() {
    Toy toy = new Toy();
    double[] values = toy.a().value().toDoubles();
    values[3] = Double.POSITIVE_INFINITY;
    toy.a().value().put(values);
    try (Trainer<Long> trainer = toy.trainer(config(FaultPolicy.STOP))) {
      assertThatThrownBy(() -> trainer.fit(spoilt(Set.of())))
          .hasMessageContaining("(a number of a is not finite)");
    }
  }

  /** Numbers from 0 on, but those in {@code bad} ask for something that is not a number. */
  private static BatchSource<Long> spoilt(Set<Long> bad) {
    return new BatchSource<>() {
      @Override
      public Long batch(long number) {
        return bad.contains(number) ? Long.valueOf(-1) : Long.valueOf(number);
      }

      @Override
      public int perEpoch() {
        return 20;
      }

      @Override
      public String signature() {
        return "spoilt";
      }
    };
  }

  private TrainingPlan<Long> plan() {
    TrainingListener listener =
        new TrainingListener() {
          @Override
          public void onStep(StepReport report) {}

          @Override
          public void onFault(Fault fault) {
            faults.add(fault);
          }
        };
    return new TrainingPlan<Long>(listener).saving(new CheckpointPlan(temporary, 2));
  }

  private static TrainingConfig config(FaultPolicy policy) {
    return new TrainingConfig(10, LearningRate.constant(0.05), new AdamWSettings(), 1, 1, 0)
        .with(policy);
  }
}
