package org.peft4j.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.peft4j.TargetReport;
import org.peft4j.listeners.ProgressBarListener;
import org.peft4j.settings.Require;
import org.peft4j.train.Evaluation;
import org.peft4j.train.TrainingReport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Shows in a minute what the library does, on a model that comes with it. */
@Command(
    name = "quickstart",
    description = {
      "Fine-tunes a tiny model that comes with peft, in about a minute and without a network: it"
          + " can tell stories and learns to keep a ship's log."
    })
final class QuickstartCommand implements Callable<Integer> {

  /** Rounding alone differs by less. */
  private static final double LARGEST_DIFFERENCE = 1e-3;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description =
          "Where to keep the files; a new or empty folder. Default: runs/quickstart, or"
              + " runs/quickstart-2 and so on where that exists.")
  private @Nullable Path out;

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "300",
      description = "Optimizer steps. Default: ${DEFAULT-VALUE}.")
  private int steps;

  @Mixin private ThreadsOption threads;
  @Mixin private Output output;

  @Override
  public Integer call() throws IOException {
    Require.positive("--steps", steps);
    threads.check();
    threads.use();
    long start = System.nanoTime();
    QuickstartFolder folder = QuickstartFolder.create(out);
    QuickstartGuide guide = new QuickstartGuide(folder);
    output.tell(guide.welcome());
    Facts facts = new Facts();
    try (QuickstartModel model = new QuickstartModel(folder)) {
      measure("before", "1. Before training", model, facts);
      train(model, facts);
      measure("after", "3. After training", model, facts);
      save(folder, model, facts);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    Optional<Long> memory = PeakMemory.mebibytes();
    facts.with("seconds", seconds).with("peak_rss_mib", memory);
    output.results(facts, guide.end(seconds, memory));
    return 0;
  }

  private void measure(String when, String title, QuickstartModel model, Facts facts)
      throws IOException {
    Evaluation evaluation = model.evaluate();
    String sample = model.sample();
    facts
        .with("loss_" + when, evaluation.loss())
        .with("perplexity_" + when, evaluation.perplexity())
        .with("sample_" + when, sample);
    output.tell(QuickstartGuide.measured(title, evaluation, sample));
  }

  private void train(QuickstartModel model, Facts facts) throws IOException {
    TargetReport targets = model.adapt();
    output.tell(QuickstartGuide.training(targets, steps));
    TrainingReport report;
    try (ProgressBarListener progress = Progress.of(output)) {
      report = model.train(steps, progress);
    }
    output.tell("");
    facts
        .with("trainable", targets.trainable())
        .with("total", targets.total())
        .with("steps", report.steps().size())
        .with("seconds_per_step", report.medianStepSeconds());
  }

  private void save(QuickstartFolder folder, QuickstartModel model, Facts facts)
      throws IOException {
    double difference = model.merge();
    if (!(difference <= LARGEST_DIFFERENCE)) {
      throw new IllegalStateException(
          "the merged model's scores must be those of model and adapter within %s but differ by %s"
              .formatted(LARGEST_DIFFERENCE, difference));
    }
    output.tell(new QuickstartGuide(folder).saved(difference));
    facts
        .with("adapter", folder.adapter().toString())
        .with("adapter_bytes", QuickstartFolder.bytes(folder.adapter()))
        .with("merged", folder.merged().toString())
        .with("merged_max_difference", difference);
  }
}
