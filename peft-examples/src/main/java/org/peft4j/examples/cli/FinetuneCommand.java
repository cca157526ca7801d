package org.peft4j.examples.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.peft4j.AdapterSpec;
import org.peft4j.PeftModel;
import org.peft4j.StartListener;
import org.peft4j.StartReport;
import org.peft4j.TargetReport;
import org.peft4j.io.AdapterStore;
import org.peft4j.train.Evaluation;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingListener;
import org.peft4j.train.TrainingReport;
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

  @Option(
      names = "--valid",
      paramLabel = "FILE",
      description = "Examples to measure the loss on, before and after.")
  private @Nullable Path valid;

  @Mixin private CalibrationOptions calibration;
  @Mixin private TrainingOptions training;

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
    try (Texts texts = new Texts(model.folder())) {
      LanguageModel<?> base = model.loadBase();
      List<Example> examples = data.read(base.model(), texts);
      List<Example> held = valid == null ? List.of() : data.read(valid, base.model(), texts);
      Path folder = model.adapter();
      if (folder == null) {
        start(base, spec, looked(base, examples, texts));
      } else {
        base.adapt(folder);
      }
      train(base, examples, held);
    }
    return 0;
  }

  private List<Example> looked(LanguageModel<?> base, List<Example> examples, Texts texts)
      throws IOException {
    Optional<Path> file = calibration.data();
    return file.isPresent() ? data.read(file.get(), base.model(), texts) : examples;
  }

  private void start(LanguageModel<?> base, AdapterSpec spec, List<Example> looked)
      throws IOException {
    StartListener listener = new StartProgress(output.progress());
    Batches batches = new Batches(looked, data.batchSize(), Order.asListed());
    base.adapt(spec, calibration.preparation(base, spec, batches, listener));
    List<StartReport> starts = starts(base.peft());
    if (starts.stream().anyMatch(start -> start.facts().energy().isPresent())) {
      output.progress().println(StartProgress.table(starts));
    }
  }

  /** Everything that can be wrong is found before the first step, and most of it at once. */
  private void check() throws IOException {
    training.check();
    calibration.check();
    data.check();
    model.check();
    if (valid != null) {
      Places.file("--valid", valid);
    }
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

  private void train(LanguageModel<?> adapted, List<Example> examples, List<Example> held)
      throws IOException {
    training.requireUse(adapted.peft().trainable().keySet());
    TrainingOptions.Plan plan = training.plan(examples, data.batchSize());
    TargetReport targets = adapted.peft().report();
    output.progress().println(targets);
    Optional<Double> before = loss(adapted, held);
    TrainingReport report;
    try (Trainer<TokenBatch> trainer =
        new Trainer<>(adapted.peft(), adapted.objective(), plan.config())) {
      report = run(trainer, plan);
    }
    adapted.peft().save(out);
    Optional<Double> after = loss(adapted, held);
    Facts facts = facts(report, targets, before, after);
    String table = facts.table();
    output.results(facts.with("starts", StartProgress.facts(starts(adapted.peft()))), table);
    output.hint(next());
  }

  private static List<StartReport> starts(PeftModel<?> model) {
    return model.active().stream().flatMap(name -> model.starts(name).stream()).toList();
  }

  private TrainingReport run(Trainer<TokenBatch> trainer, TrainingOptions.Plan plan)
      throws IOException {
    List<TrainingListener> listeners = new ArrayList<>();
    try (Progress progress = Progress.of(output, plan.config().steps());
        MetricsFile file = metrics == null ? null : new MetricsFile(metrics)) {
      listeners.add(progress);
      if (file != null) {
        listeners.add(file);
      }
      return trainer.fit(plan.batches(), listeners.toArray(TrainingListener[]::new));
    }
  }

  private Optional<Double> loss(LanguageModel<?> adapted, List<Example> held) {
    if (held.isEmpty()) {
      return Optional.empty();
    }
    Batches batches = new Batches(held, data.batchSize(), Order.asListed());
    Evaluation evaluation = adapted.evaluate(() -> batches.epochs(1));
    return Optional.of(evaluation.loss());
  }

  private Facts facts(
      TrainingReport report,
      TargetReport targets,
      Optional<Double> before,
      Optional<Double> after) {
    double[] losses = report.losses();
    double tokens = report.steps().stream().mapToDouble(step -> step.weight()).sum();
    return new Facts()
        .with("steps", losses.length)
        .with("train_loss_first", losses[0])
        .with("train_loss_last", losses[losses.length - 1])
        .with("valid_loss_before", before)
        .with("valid_loss_after", after)
        .with("trainable", targets.trainable())
        .with("total", targets.total())
        .with("seconds_per_step", report.medianStepSeconds())
        .with("tokens_per_second", tokens / report.seconds())
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
