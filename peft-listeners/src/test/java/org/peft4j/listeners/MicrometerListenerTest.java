package org.peft4j.listeners;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class MicrometerListenerTest {

  private final MeterRegistry registry = new SimpleMeterRegistry();

  @Test
  void metersShowWhatTrainingTells() {
    MicrometerListener listener = new MicrometerListener(registry, Tag.of("run", "ships"));
    Reports.steps(listener, 1, 4);
    listener.onEvaluation(Reports.evaluation(4));
    listener.onFault(Reports.fault(5));

    assertThat(gauge("loss", "ships")).isEqualTo(1);
    assertThat(gauge("learning.rate", "ships")).isEqualTo(2.5e-4);
    assertThat(gauge("gradient.norm", "ships")).isEqualTo(0.5);
    assertThat(gauge("evaluation.loss", "ships")).isEqualTo(1.25);
    assertThat(registry.get("peft4j.training.tokens").tag("run", "ships").counter().count())
        .isEqualTo(400);
    assertThat(registry.get("peft4j.training.faults").counter().count()).isEqualTo(1);
    assertThat(registry.get("peft4j.training.step").timer().count()).isEqualTo(4);
    assertThat(registry.get("peft4j.training.step").timer().totalTime(TimeUnit.SECONDS))
        .isEqualTo(1);
  }

  @Test
  void gaugesAreNotNumbersBeforeTheFirstStep() {
    new MicrometerListener(registry, Tag.of("run", "ships"));

    assertThat(gauge("loss", "ships")).isNaN();
    assertThat(gauge("evaluation.loss", "ships")).isNaN();
  }

  @Test
  void trainingsWithDifferentTagsHaveTheirOwnGauges() {
    MicrometerListener ships = new MicrometerListener(registry, Tag.of("run", "ships"));
    MicrometerListener stories = new MicrometerListener(registry, Tag.of("run", "stories"));
    ships.onStep(Reports.step(1));
    stories.onStep(Reports.step(2));

    assertThat(gauge("loss", "ships")).isEqualTo(4);
    assertThat(gauge("loss", "stories")).isEqualTo(2);
  }

  @Test
  void rejectsASecondTrainingWithTheSameTags() {
    new MicrometerListener(registry, Tag.of("run", "ships"));

    assertThatIllegalStateException()
        .isThrownBy(() -> new MicrometerListener(registry, Tag.of("run", "ships")))
        .withMessage(
            "the registry has a gauge peft4j.training.loss with the tags [tag(run=ships)]; close the"
                + " listener of the other training, or give this one other tags");
  }

  @Test
  void theNextTrainingGoesOnWithTheCounters() {
    try (MicrometerListener first = new MicrometerListener(registry)) {
      first.onStep(Reports.step(1));
    }
    assertThat(registry.find("peft4j.training.loss").gauge()).isNull();

    MicrometerListener second = new MicrometerListener(registry);
    second.onStep(Reports.step(2));

    assertThat(registry.get("peft4j.training.loss").gauge().value()).isEqualTo(2);
    assertThat(registry.get("peft4j.training.tokens").counter().count()).isEqualTo(200);
  }

  private double gauge(String name, String run) {
    return registry.get("peft4j.training." + name).tag("run", run).gauge().value();
  }
}
