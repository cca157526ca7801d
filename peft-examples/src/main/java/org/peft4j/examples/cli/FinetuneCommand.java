package org.peft4j.examples.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.peft4j.AdapterSpec;
import org.peft4j.PeftModel;
import org.peft4j.StartListener;
import org.peft4j.StartReport;
import org.peft4j.TargetReport;
import org.peft4j.io.AdapterStore;
import org.peft4j.train.EvaluationPlan;
import org.peft4j.train.EvaluationReport;
import org.peft4j.train.StepReport;
import org.peft4j.train.StopReason;
import org.peft4j.train.TrainingListener;
import org.peft4j.train.TrainingPlan;
import org.peft4j.train.TrainingReport;
import org.peft4j.transformers.LanguageModel;
import org.peft4j.transformers.MemoryEstimate;
import org.peft4j.transformers.TokenBatch;
import org.peft4j.transformers.data.Batches;
import org.peft4j.transformers.data.Example;
import org.peft4j.transformers.data.Order;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Trains an adapter and saves it in Hugging Face PEFT's format. */
@Command(
    name = "finetune",
    description = "Trains an adapter, and saves it as Hugging Face PEFT would.")
final class FinetuneCommand implements Callable<Integer> {

  @Mixin private ModelOptions model;
  @Mixin private AdapterOptions adapter;
  @Mixin private DataOptions data;

  @Mixin private WatchOptions watch;
  @Mixin private CalibrationOptions calibration;
  @Mixin private TrainingOptions training;
  @Mixin private CheckpointOptions checkpoints;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Where to save the adapter.")
  private Path out;

  @Option(
      names = "--metrics",
      paramLabel = "FILE",
      description = "Write one JSON object per step to this file.")
  private @Nullable Path metrics;

  @Mixin private Output output;

  @Override
  public Integer call() throws IOException {
    check();
    AdapterSpec spec = spec();
    Interruption interruption = new Interruption();
    try (interruption;
        LanguageModel base = model.loadBase()) {
      List<Example> examples = data.read(base);
      List<Example> held = held(base);
      Path folder = model.adapter();
      if (folder == null) {
        start(base, spec, looked(base, examples));
      } else {
        base.adapt(folder);
      }
      return train(base, examples, held);
    }
  }

  private List<Example> held(LanguageModel base) throws IOException {
    Optional<Path> file = watch.valid();
    return file.isPresent() ? data.read(file.get(), base) : List.of();
  }

  private List<Example> looked(LanguageModel base, List<Example> examples) throws IOException {
    Optional<Path> file = calibration.data();
    return file.isPresent() ? data.read(file.get(), base) : examples;
  }

  private void start(LanguageModel base, AdapterSpec spec, List<Example> looked)
      throws IOException {
    StartListener listener = new StartProgress(output.progress());
    Batches batches = new Batches(looked, data.batchSize(), Order.asListed());
    base.adapt(calibration.preparation(base, spec, batches, listener), spec);
    List<StartReport> starts = starts(base.peft());
    if (starts.stream().anyMatch(start -> start.facts().energy().isPresent())) {
      output.progress().println(StartProgress.table(starts));
    }
  }

  /** Everything that can be wrong is found before the first step, and most of it at once. */
  private void check() throws IOException {
    training.check();
    watch.check();
    checkpoints.check();
    calibration.check();
    data.check();
    model.check();
    if (metrics != null) {
      Places.newFile("--metrics", metrics);
    }
    Places.requireOther(out, "--model", model.folder());
    Places.newFolder("--out", out);
  }

  private AdapterSpec spec() throws IOException {
    Path folder = model.adapter();
    if (folder == null) {
      AdapterSpec fresh = adapter.fresh(model.folder(), training.seed());
      calibration.requireUse(fresh);
      return fresh;
    }
    AdapterSpec existing = AdapterStore.readSpec(folder, AdapterSpec.DEFAULT_NAME);
    adapter.requireAgreement(folder, existing);
    return existing;
  }

  private int train(LanguageModel adapted, List<Example> examples, List<Example> held)
      throws IOException {
    training.requireUse(adapted.peft().trainable().keySet());
    TrainingOptions.Plan plan = training.plan(examples, data.batchSize(), data.length(adapted));
    TargetReport targets = adapted.peft().report();
    output.progress().println(targets);
    MemoryEstimate memory =
        MemoryEstimate.of(
            adapted, plan.config(), plan.batches().batchSize(), plan.batches().longest());
    output.progress().println(memory);
    training.requireFits(memory);
    Optional<Double> before = loss(adapted, held);
    TrainingReport report = run(adapted, plan, held);
    if (report.reason() == StopReason.INTERRUPTED) {
      output.progress().println("interrupted; nothing was saved in " + out + resumption());
      return 1;
    }
    adapted.peft().save(out);
    Optional<Double> after = loss(adapted, held);
    Facts facts = facts(report, targets, before, after);
    String table = facts.table();
    output.results(facts.with("starts", StartProgress.facts(starts(adapted.peft()))), table);
    output.hint(next());
    return 0;
  }

  private String resumption() {
    return checkpoints
        .plan()
        .map(kept -> "; --resume goes on from the last checkpoint in " + kept.folder())
        .orElse("");
  }

  private static List<StartReport> starts(PeftModel<?> model) {
    return model.active().stream().flatMap(name -> model.starts(name).stream()).toList();
  }

  private TrainingReport run(LanguageModel adapted, TrainingOptions.Plan plan, List<Example> held)
      throws IOException {
    List<TrainingListener> listeners = new ArrayList<>();
    try (Progress progress = Progress.of(output, plan.config().steps());
        MetricsFile file = metrics == null ? null : new MetricsFile(metrics)) {
      listeners.add(progress);
      if (file != null) {
        listeners.add(file);
      }
      return adapted.train(plan.batches(), plan.config(), around(held, listeners));
    }
  }

  private TrainingPlan<TokenBatch> around(List<Example> held, List<TrainingListener> listeners) {
    Optional<EvaluationPlan<TokenBatch>> evaluation =
        held.isEmpty() ? Optional.empty() : watch.plan(batches(held));
    return new TrainingPlan<>(evaluation, checkpoints.plan(), training.timeLimit(), listeners);
  }

  private Iterable<TokenBatch> batches(List<Example> held) {
    Batches batches = new Batches(held, data.batchSize(), Order.asListed());
    return () -> batches.epochs(1);
  }

  private Optional<Double> loss(LanguageModel adapted, List<Example> held) {
    if (held.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(adapted.evaluate(batches(held)).loss());
  }

  private Facts facts(
      TrainingReport report,
      TargetReport targets,
      Optional<Double> before,
      Optional<Double> after) {
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
    return facts
        .with("ended_by", report.reason().name().toLowerCase(Locale.ROOT))
        .with("steps_left_out", report.skipped())
        .with("best_step", report.best().map(EvaluationReport::step))
        .with("valid_loss_before", before)
        .with("valid_loss_after", after)
        .with("trainable", targets.trainable())
        .with("total", targets.total())
        .with("peak_rss_mib", PeakMemory.mebibytes())
        .with("out", out.toString());
  }

  private String next() {
    String both = " --model " + model.folder() + " --adapter " + out;
    return String.join(
        System.lineSeparator(),
        "",
        "what to try next:",
        "  " + Output.PEFT + " generate" + both + " --prompt 'Once upon a time' --max-tokens 50",
        "  " + Output.PEFT + " merge" + both + " --out merged");
  }
}
