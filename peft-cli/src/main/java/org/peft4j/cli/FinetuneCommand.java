package org.peft4j.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.peft4j.StartListener;
import org.peft4j.StartReport;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.transformers.LanguageModel;
import org.peft4j.transformers.MemoryEstimate;
import org.peft4j.transformers.data.Batches;
import org.peft4j.transformers.data.Example;
import org.peft4j.transformers.data.Order;
import org.peft4j.transformers.data.Packing;
import org.peft4j.transformers.model.TokenBatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Trains an adapter and saves it in Hugging Face PEFT's format. */
@Command(
    name = "finetune",
    description = "Trains an adapter, and saves it as Hugging Face PEFT would.")
final class FinetuneCommand implements Callable<Integer> {

  @Mixin private ModelOptions model;
  @Mixin private AdapterOptions adapter;
  @Mixin private DataOptions data;
  @Mixin private CalibrationOptions calibration;
  @Mixin private FitOptions fit;
  @Mixin private Output output;

  @Override
  public Integer call() throws IOException {
    check();
    AdapterSpec spec = spec();
    try (LanguageModel base = model.loadBase()) {
      List<Example> examples = data.read(base, output);
      Optional<Iterable<TokenBatch>> held = fit.held(file -> listed(data.read(file, base, output)));
      Path folder = model.adapter();
      if (folder == null) {
        start(base, spec, looked(base, examples));
      } else {
        model.adapt(base);
      }
      return fit(base, examples, held);
    }
  }

  /** Everything that can be wrong is found before the first step, and most of it at once. */
  private void check() throws IOException {
    fit.check(model.folder(), model.adapter());
    calibration.check();
    data.check();
    model.check();
  }

  private AdapterSpec spec() throws IOException {
    AdapterSpec spec = adapter.wanted(model, model.causalLm(), fit.training().seed());
    if (model.adapter() == null) {
      calibration.requireUse(spec);
    }
    return spec;
  }

  private List<Example> looked(LanguageModel base, List<Example> examples) throws IOException {
    Optional<Path> file = calibration.data();
    return file.isPresent() ? data.read(file.get(), base, output) : examples;
  }

  private void start(LanguageModel base, AdapterSpec spec, List<Example> looked)
      throws IOException {
    StartListener listener = new StartProgress(output.progress());
    base.adapt(calibration.preparation(base, spec, listed(looked), listener), spec);
    List<StartReport> starts = FitOptions.starts(base.peft());
    if (starts.stream().anyMatch(start -> start.facts().energy().isPresent())) {
      output.progress().println(StartProgress.table(starts));
    }
  }

  private int fit(
      LanguageModel adapted, List<Example> examples, Optional<Iterable<TokenBatch>> held)
      throws IOException {
    Batches batches = batches(adapted, examples);
    Fitting<TokenBatch> fitting =
        new Fitting<>(
            adapted.peft(),
            adapted.model().objective(),
            batches,
            held,
            config -> MemoryEstimate.of(adapted, config, batches.batchSize(), batches.longest()));
    int code = fit.fit(fitting, output);
    if (code == 0) {
      output.hint(next());
    }
    return code;
  }

  private Batches batches(LanguageModel adapted, List<Example> examples) {
    Order order = fit.training().order();
    return fit.training().rows().packs()
        ? new Batches(Packing.of(examples, data.length(adapted)), data.batchSize(), order)
        : new Batches(examples, data.batchSize(), order);
  }

  private Batches listed(List<Example> examples) {
    return new Batches(examples, data.batchSize(), Order.asListed());
  }

  private String next() {
    String peft = Shell.command(Output.PEFT);
    String both = " --model " + Shell.path(model.given()) + " --adapter " + Shell.path(fit.out());
    return String.join(
        System.lineSeparator(),
        "",
        "what to try next:",
        "  " + peft + " generate" + both + " --prompt 'Once upon a time' --max-tokens 50",
        "  " + peft + " merge" + both + " --out merged");
  }
}
