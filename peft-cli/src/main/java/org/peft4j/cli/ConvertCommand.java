package org.peft4j.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import org.peft4j.PeftModel;
import org.peft4j.convert.LoraExport;
import org.peft4j.convert.LoraReport;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.transformers.LanguageModel;
import org.peft4j.transformers.TextClassifier;
import org.peft4j.transformers.checkpoint.Task;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Writes an adapter of any method as plain LoRA. */
@Command(
    name = "convert",
    description =
        "Writes an adapter of any method as plain LoRA of as small a rank as it needs, for readers"
            + " that know nothing else.")
final class ConvertCommand implements Callable<Integer> {

  private static final String LORA = "lora";
  private static final String CONVERTED = "converted";

  @Mixin private ModelOptions model;

  @Option(
      names = "--to",
      required = true,
      paramLabel = "METHOD",
      description = "What to write: " + LORA + ".")
  private String to;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Where to write the adapter.")
  private Path out;

  @Option(
      names = "--rank",
      paramLabel = "N",
      description =
          "The largest rank to write; needed where the adapter is no product of thin factors."
              + " Default: whatever it takes.")
  private @Nullable Integer rank;

  @Option(
      names = "--tolerance",
      paramLabel = "X",
      description =
          "Leave out components below this share of a layer's largest. Default: 1e-6, what float32"
              + " can tell from nothing.")
  private @Nullable Double tolerance;

  @Mixin private Output output;

  @Override
  public Integer call() throws IOException {
    Path adapter = model.adapter();
    if (adapter == null) {
      throw new IllegalArgumentException("--adapter DIR is missing: there is nothing to convert");
    }
    if (!to.equals(LORA)) {
      throw new IllegalArgumentException("--to must be " + LORA + " but was " + to);
    }
    LoraExport settings = settings();
    model.check();
    Places.requireOther(out, "--model", model.folder());
    Places.requireOther(out, "--adapter", adapter);
    Places.newAdapter("--out", out, Optional.empty());
    if (model.task() == Task.CLASSIFICATION) {
      try (TextClassifier adapted = model.loadClassifier(new LabelOptions())) {
        PeftModel<?> peft = adapted.peft();
        convert(peft, settings, () -> LogitsCheck.logits(peft.inference(), adapted.model()));
      }
    } else {
      try (LanguageModel adapted = model.load()) {
        PeftModel<?> peft = adapted.peft();
        convert(peft, settings, () -> LogitsCheck.logits(peft.inference(), adapted.model()));
      }
    }
    return 0;
  }

  private LoraExport settings() {
    LoraExport settings = new LoraExport();
    if (tolerance != null) {
      settings = settings.within(tolerance);
    }
    return rank == null ? settings : settings.atMost(rank);
  }

  private void convert(PeftModel<?> peft, LoraExport settings, Supplier<double[]> logits)
      throws IOException {
    double[] before = logits.get();
    LoraReport report = peft.saveAsLora(AdapterSpec.DEFAULT_NAME, out, settings);
    peft.load(out, CONVERTED);
    peft.activate(CONVERTED);
    Facts facts =
        facts(report).with("max_difference", LogitsCheck.difference(before, logits.get()));
    String text = facts.table();
    output.results(facts.with("by_layer", report.layers()), text);
  }

  private Facts facts(LoraReport report) {
    List<LoraReport.Layer> layers = report.layers();
    return new Facts()
        .with("out", out.toString())
        .with("layers", layers.size())
        .with("rank_before", largest(layers, LoraReport.Layer::before))
        .with("rank_after", largest(layers, LoraReport.Layer::after))
        .with("max_error", report.largestError());
  }

  private static int largest(List<LoraReport.Layer> layers, ToIntFunction<LoraReport.Layer> rank) {
    return layers.stream().mapToInt(rank).max().orElse(0);
  }
}
