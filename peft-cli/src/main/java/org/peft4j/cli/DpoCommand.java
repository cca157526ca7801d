package org.peft4j.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.train.Objective;
import org.peft4j.transformers.LanguageModel;
import org.peft4j.transformers.MemoryEstimate;
import org.peft4j.transformers.data.ExampleSettings;
import org.peft4j.transformers.data.Order;
import org.peft4j.transformers.data.Preference;
import org.peft4j.transformers.data.PreferenceBatches;
import org.peft4j.transformers.data.PreferenceReader;
import org.peft4j.transformers.model.TokenBatch;
import org.peft4j.transformers.preference.DpoConfig;
import org.peft4j.transformers.preference.DpoLoss;
import org.peft4j.transformers.preference.DpoObjective;
import org.peft4j.transformers.preference.PreferenceBatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Trains an adapter on pairs of answers. */
@Heading("Preferences")
@Command(
    name = "dpo",
    description =
        "Trains an adapter on pairs of answers of which one is better (direct preference"
            + " optimization); the model without the adapter is the reference.")
final class DpoCommand implements Callable<Integer> {

  @Mixin private ModelOptions model;
  @Mixin private AdapterOptions adapter;
  @Mixin private FileOptions data;
  @Mixin private TextOptions texts;

  @Option(
      names = "--beta",
      paramLabel = "X",
      defaultValue = "0.1",
      description = "How strongly the model is held to the reference. Default: ${DEFAULT-VALUE}.")
  private double beta;

  @Option(
      names = "--label-smoothing",
      paramLabel = "P",
      defaultValue = "0",
      description = "How likely it is that a pair is the wrong way round. Default: never.")
  private double smoothing;

  @Option(
      names = "--ipo",
      description = "Hold the margin of each pair to a number (IPO) instead of letting it grow.")
  private boolean ipo;

  @Mixin private FitOptions fit;
  @Mixin private Output output;

  @Override
  public Integer call() throws IOException {
    DpoConfig config = new DpoConfig(beta, smoothing, ipo ? DpoLoss.IPO : DpoLoss.SIGMOID);
    fit.check(model.folder(), model.adapter());
    fit.training().rows().refusePacking();
    data.check();
    texts.check();
    model.check();
    AdapterSpec spec = adapter.wanted(model, model.causalLm(), fit.training().seed());
    try (LanguageModel base = model.load()) {
      List<Preference> pairs = pairs(data.data(), base);
      if (model.adapter() == null) {
        base.adapt(spec);
      }
      return fit(base, new DpoObjective(base.peft(), config), pairs);
    }
  }

  private List<Preference> pairs(Path file, LanguageModel model) throws IOException {
    int length = data.rows().length(model.model().maxPositions(), model.usualLength());
    ExampleSettings settings =
        texts.on(
            model.settings(length).with(data.rules(Optional.empty())), model.origin().directory());
    return data.told(file, new PreferenceReader(model.texts(), settings).read(file), output);
  }

  private int fit(
      LanguageModel adapted, Objective<PreferenceBatch> objective, List<Preference> pairs)
      throws IOException {
    PreferenceBatches batches =
        new PreferenceBatches(pairs, data.batchSize(), fit.training().order());
    int vocabulary = adapted.model().vocabulary();
    return fit.fit(
        new Fitting<>(
            adapted.peft(),
            objective,
            batches,
            fit.held(
                file ->
                    new PreferenceBatches(
                        pairs(file, adapted), data.batchSize(), Order.asListed())),
            config ->
                MemoryEstimate.of(
                    adapted.peft(),
                    config,
                    objective,
                    (rows, length) ->
                        new PreferenceBatch(TokenBatch.random(2 * rows, length, vocabulary)),
                    batches.batchSize(),
                    batches.longest())),
        output);
  }
}
