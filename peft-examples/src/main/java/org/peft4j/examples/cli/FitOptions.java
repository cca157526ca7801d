package org.peft4j.examples.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.peft4j.PeftModel;
import org.peft4j.StartReport;
import org.peft4j.TargetReport;
import org.peft4j.train.BatchSource;
import org.peft4j.train.Evaluation;
import org.peft4j.train.EvaluationReport;
import org.peft4j.train.StepReport;
import org.peft4j.train.StopReason;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;
import org.peft4j.train.TrainingListener;
import org.peft4j.train.TrainingPlan;
import org.peft4j.train.TrainingReport;
import org.peft4j.transformers.MemoryEstimate;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Everything about training that does not depend on what is trained. */
final class FitOptions {

  @Mixin private WatchOptions watch;
  @Mixin private TrainingOptions training;
  @Mixin private CheckpointOptions checkpoints;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Where to save the adapter.")
  private Path out;

  @Mixin private ListenerOptions listening;

  /**
   * @param model what must not be written over
   */
  void check(Path model) throws IOException {
    training.check();
    watch.check();
    checkpoints.check();
    listening.check();
    Places.requireOther(out, "--model", model);
    Places.newFolder("--out", out);
  }

  TrainingOptions training() {
    return training;
  }

  /** Reads a file as batches. */
  @FunctionalInterface
  interface Reading<B> {
    BatchSource<B> of(Path file) throws IOException;
  }

  /** The data to measure the loss on, if there is any. */
  <B> Optional<Iterable<B>> held(Reading<B> reading) throws IOException {
    Optional<Path> file = watch.valid();
    if (file.isEmpty()) {
      return Optional.empty();
    }
    BatchSource<B> batches = reading.of(file.get());
    return Optional.of(() -> batches.epochs(1));
  }

  Path out() {
    return out;
  }

  /**
   * Trains, saves the adapter and shows what came out.
   *
   * @return whether it was not interrupted
   */
  <B> boolean fit(Fitting<B> fitting, Output output) throws IOException {
    PeftModel<?> peft = fitting.peft();
    training.requireUse(peft.trainable().keySet());
    TrainingConfig config = training.config(fitting.batches());
    TargetReport targets = peft.report();
    output.progress().println(targets);
    MemoryEstimate memory = fitting.memory().apply(config);
    output.progress().println(memory);
    training.requireFits(memory);
    Optional<Evaluation> before = fitting.evaluate();
    TrainingReport report = run(fitting, config, output);
    if (report.reason() == StopReason.INTERRUPTED) {
      output.progress().println("interrupted; nothing was saved in " + out + resumption());
      return false;
    }
    peft.save(out);
    Facts facts = facts(report, targets, before, fitting.evaluate());
    String table = facts.table();
    output.results(facts.with("starts", StartProgress.facts(starts(peft))), table);
    return true;
  }

  /** How the active adapters started. */
  static List<StartReport> starts(PeftModel<?> model) {
    return model.active().stream().flatMap(name -> model.starts(name).stream()).toList();
  }

  private String resumption() {
    return checkpoints
        .plan()
        .map(kept -> "; --resume goes on from the last checkpoint in " + kept.folder())
        .orElse("");
  }

  private <B> TrainingReport run(Fitting<B> fitting, TrainingConfig config, Output output)
      throws IOException {
    List<TrainingListener> all = new ArrayList<>(listening.listeners());
    all.add(Progress.of(output));
    try (Listeners listeners = new Listeners(all);
        Trainer<B> trainer = new Trainer<>(fitting.peft(), fitting.objective(), config)) {
      TrainingPlan<B> plan =
          new TrainingPlan<>(
              fitting.held().flatMap(watch::plan),
              checkpoints.plan(),
              training.timeLimit(),
              listeners.all());
      return trainer.fit(fitting.batches(), plan);
    }
  }

  private Facts facts(
      TrainingReport report,
      TargetReport targets,
      Optional<Evaluation> before,
      Optional<Evaluation> after) {
    List<StepReport> steps = report.steps();
    int last = steps.size() - 1;
    double tokens = steps.stream().mapToDouble(StepReport::weight).sum();
    Facts facts = new Facts().with("steps", steps.size());
    if (last >= 0) {
      facts
          .with("train_loss_first", steps.get(0).loss())
          .with("train_loss_last", steps.get(last).loss())
          .with("seconds_per_step", report.medianStepSeconds())
          .with("tokens_per_second", tokens / report.seconds());
    }
    facts
        .with("ended_by", report.reason().name().toLowerCase(Locale.ROOT))
        .with("steps_left_out", report.skipped())
        .with("best_step", report.best().map(EvaluationReport::step))
        .with("valid_loss_before", before.map(Evaluation::loss))
        .with("valid_loss_after", after.map(Evaluation::loss));
    after.ifPresent(found -> found.measures().forEach((n, v) -> facts.with("valid_" + n, v)));
    return facts
        .with("trainable", targets.trainable())
        .with("total", targets.total())
        .with("peak_rss_mib", PeakMemory.mebibytes())
        .with("out", out.toString());
  }
}
