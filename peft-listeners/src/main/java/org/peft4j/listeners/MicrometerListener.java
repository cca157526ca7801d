package org.peft4j.listeners;

import static java.util.stream.Collectors.toSet;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import org.peft4j.train.EvaluationReport;
import org.peft4j.train.Fault;
import org.peft4j.train.StepReport;
import org.peft4j.train.TrainingListener;

/**
 * Keeps meters of Micrometer up to date, for Prometheus and all else it can report to: the gauges
 * {@code peft4j.training.loss}, {@code .learning.rate}, {@code .gradient.norm} and {@code
 * .evaluation.loss} ({@code NaN} while there is nothing to tell), the counters {@code .tokens} and
 * {@code .faults} and the timer {@code .step}.
 *
 * <p>Closing it removes the gauges; the counters and the timer stay and go on with the next
 * training of the same tags. Two trainings at a time need different tags. An application that uses
 * it adds {@code io.micrometer:micrometer-core}, which this library does not bring along.
 */
public final class MicrometerListener implements TrainingListener, AutoCloseable {

  private static final String PREFIX = "peft4j.training.";

  private final MeterRegistry registry;
  private final List<Gauge> gauges;
  private final Counter tokens;
  private final Counter faults;
  private final Timer steps;
  private volatile double loss = Double.NaN;
  private volatile double learningRate = Double.NaN;
  private volatile double gradientNorm = Double.NaN;
  private volatile double evaluationLoss = Double.NaN;

  /**
   * @param tags of all meters, such as {@code Tag.of("run", "ships")}
   * @throws IllegalStateException if there are such gauges: those of another training
   */
  public MicrometerListener(MeterRegistry registry, Tag... tags) {
    this.registry = Objects.requireNonNull(registry, "registry");
    List<Tag> all = List.of(tags);
    Set<Meter.Id> others = registry.getMeters().stream().map(Meter::getId).collect(toSet());
    gauges =
        List.of(
            gauge("loss", all, listener -> listener.loss),
            gauge("learning.rate", all, listener -> listener.learningRate),
            gauge("gradient.norm", all, listener -> listener.gradientNorm),
            gauge("evaluation.loss", all, listener -> listener.evaluationLoss));
    requireNew(gauges.get(0).getId(), others);
    tokens = Counter.builder(PREFIX + "tokens").tags(all).register(registry);
    faults = Counter.builder(PREFIX + "faults").tags(all).register(registry);
    steps = Timer.builder(PREFIX + "step").tags(all).register(registry);
  }

  /** A registry does not replace gauges: it would go on to show the other training's numbers. */
  private static void requireNew(Meter.Id gauge, Set<Meter.Id> others) {
    if (others.contains(gauge)) {
      throw new IllegalStateException(
          "the registry has a gauge %s with the tags %s; close the listener of the other training,"
                  .formatted(gauge.getName(), gauge.getTags())
              + " or give this one other tags");
    }
  }

  private Gauge gauge(String name, List<Tag> tags, ToDoubleFunction<MicrometerListener> value) {
    return Gauge.builder(PREFIX + name, this, value)
        .tags(tags)
        .strongReference(true)
        .register(registry);
  }

  @Override
  public void onStep(StepReport step) {
    loss = step.loss();
    learningRate = step.learningRate();
    gradientNorm = step.gradientNorm();
    tokens.increment(step.terms());
    steps.record(Duration.ofNanos(Math.round(step.seconds() * 1e9)));
  }

  @Override
  public void onEvaluation(EvaluationReport report) {
    evaluationLoss = report.evaluation().loss();
  }

  @Override
  public void onFault(Fault fault) {
    faults.increment();
  }

  @Override
  public void close() {
    gauges.forEach(registry::remove);
  }
}
