package org.peft4j.cli;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.peft4j.PeftModel;
import org.peft4j.StartReport;
import org.peft4j.TargetReport;
import org.peft4j.train.BatchSource;
import org.peft4j.train.CheckpointReport;
import org.peft4j.train.Evaluation;
import org.peft4j.train.EvaluationReport;
import org.peft4j.train.StepReport;
import org.peft4j.train.StopReason;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;
import org.peft4j.train.TrainingListener;
import org.peft4j.train.TrainingPlan;
import org.peft4j.train.TrainingReport;
import org.peft4j.train.Trouble;
import org.peft4j.transformers.MemoryEstimate;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Everything about training that does not depend on what is trained. */
@Heading("What is written")
final class FitOptions {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

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
   * @param adapter what may be, if it is named
   */
  void check(Path model, @Nullable Path adapter) throws IOException {
    training.check();
    watch.check();
    listening.check();
    Places.requireOther(out, "--model", model);
    Places.newAdapter("--out", out, Optional.ofNullable(adapter));
    EffectiveRun.check(out);
    checkpoints.check(out);
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
   * @return the exit code
   */
  <B> int fit(Fitting<B> fitting, Output output) throws IOException {
    PeftModel<?> peft = fitting.peft();
    training.optimizer().requireUse(peft.trainable().keySet());
    TrainingConfig config = training.config(fitting.batches());
    TargetReport targets = peft.report();
    output.progress().println(targets);
    MemoryEstimate memory = fitting.memory().apply(config);
    output.progress().println(memory);
    training.limits().requireFits(memory);
    Optional<Evaluation> before = fitting.evaluate();
    Keeping keeping = new Keeping();
    TrainingReport report;
    try (Interruption interruption = new Interruption(output.progress())) {
      report = run(fitting, config, output, keeping);
      if (report.reason() == StopReason.INTERRUPTED) {
        tellKept("interrupted", keeping, peft, output);
        return interruption.code();
      }
      new AdapterPlace(out).save(peft);
    }
    remember(output);
    // Training is over and saved: what is asked for now is to end at once.
    Thread.interrupted();
    checkpoints.discard(out);
    Facts facts = facts(report, targets, before, measured(fitting, output));
    String table = facts.table();
    output.results(facts.with("starts", StartProgress.facts(starts(peft))), table);
    return 0;
  }

  /** The adapter is saved: what is wrong with this is told and ends nothing. */
  private void remember(Output output) {
    try {
      new EffectiveRun(command).write(out);
    } catch (IOException e) {
      output.progress().println("the options are not kept: " + Failures.message(e));
    }
  }

  private <B> Optional<Evaluation> measured(Fitting<B> fitting, Output output) {
    try {
      return fitting.evaluate();
    } catch (RuntimeException | Error e) {
      output.progress().println("the adapter is saved in " + out + ", but measuring it failed");
      throw e;
    }
  }

  /** Says where it is what was learned, and sees to it that it is somewhere. */
  private void tellKept(String what, Keeping keeping, PeftModel<?> peft, Output output) {
    if (!keeping.hasLearned()) {
      output.progress().println(what + " before a step was done; nothing new was learned");
      return;
    }
    Optional<CheckpointReport> last = keeping.last();
    if (last.isPresent() && !keeping.isBehind()) {
      output
          .progress()
          .println(
              "%s after step %d; what was learned is kept in %s: --resume goes on from there, and"
                      .formatted(what, keeping.step(), last.get().folder())
                  + " it can be used as --adapter");
      return;
    }
    output
        .progress()
        .println(
            what
                + " after step "
                + keeping.step()
                + new AdapterPlace(out)
                    .elsewhere(peft)
                    .map(place -> "; no checkpoint could be saved, the adapter is kept in " + place)
                    .orElse("; neither a checkpoint nor the adapter could be saved anywhere"));
  }

  /** How the active adapters started. */
  static List<StartReport> starts(PeftModel<?> model) {
    return model.active().stream().flatMap(name -> model.starts(name).stream()).toList();
  }

  private <B> TrainingReport run(
      Fitting<B> fitting, TrainingConfig config, Output output, Keeping keeping)
      throws IOException {
    List<TrainingListener> all = new ArrayList<>(listening.listeners());
    all.add(Progress.of(output));
    all.add(keeping);
    try (Listeners listeners = new Listeners(all, output.progress());
        Trainer<B> trainer = new Trainer<>(fitting.peft(), fitting.objective(), config)) {
      TrainingPlan<B> plan =
          new TrainingPlan<>(
              fitting.held().flatMap(watch::plan),
              Optional.of(checkpoints.plan(out)),
              training.limits().time(),
              listeners.all());
      return trainer.fit(fitting.batches(), plan);
    } catch (RuntimeException | Error e) {
      if (!keeping.isUseless(e)) {
        tellKept("training failed", keeping, fitting.peft(), output);
      }
      throw e;
    }
  }

  private Facts facts(
      TrainingReport report,
      TargetReport targets,
      Optional<Evaluation> before,
      Optional<Evaluation> after) {
    List<StepReport> steps = report.steps();
    int last = steps.size() - 1;
    double tokens = steps.stream().mapToDouble(StepReport::terms).sum();
    Facts facts = new Facts().with("steps", steps.size());
    if (last >= 0) {
      facts
          .with("train_loss_first", told(steps.get(0).loss()))
          .with("train_loss_last", told(steps.get(last).loss()))
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
    facts
        .with("troubles", report.troubles().stream().map(Trouble::what).toList())
        .with("trainable", targets.trainable())
        .with("total", targets.total())
        .with("peak_rss_mib", PeakMemory.mebibytes())
        .with("out", out.toString());
    listening.written().forEach(facts::with);
    return facts;
  }

  /** A float32 sum over a batch knows no more digits; the rest would depend on its size. */
  private static double told(double loss) {
    return Double.isFinite(loss)
        ? new BigDecimal(loss).round(new MathContext(6)).doubleValue()
        : loss;
  }
}
