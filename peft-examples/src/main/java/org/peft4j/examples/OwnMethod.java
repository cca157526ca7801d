package org.peft4j.examples;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapter.AdapterSite;
import org.peft4j.adapter.Base;
import org.peft4j.settings.Require;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.train.TrainingConfig;
import org.peft4j.transformers.LanguageModel;

/** A method of one's own: its settings, its tensors, its formula. */
public final class OwnMethod {

  private OwnMethod() {}

  /**
   * {@code y = λ ∘ (W·x)}: one trained factor for each output of a layer.
   *
   * @param start what the factors are at first; with 1 the layer starts as the base
   */
  public record ScaledOutputs(double start) implements AdapterConfig {

    public ScaledOutputs {
      Require.positive("start", start);
    }

    /** Starts as the base. */
    public ScaledOutputs() {
      this(1);
    }

    @Override
    public String type() {
      return "SCALED_OUTPUTS";
    }

    @Override
    public String method() {
      return "scaled_outputs";
    }

    @Override
    public Adapter create(AdapterSite site) {
      return new Factors(site.full(start, site.out()));
    }
  }

  private record Factors(Tensor lambda) implements Adapter {

    @Override
    public Map<String, Tensor> parameters() {
      return Map.of("scaled_outputs_lambda", lambda);
    }

    @Override
    public Tensor forward(Tape t, Tensor x, Base base) {
      return t.mul(base.apply(t, x), lambda);
    }
  }

  /**
   * Trains it and merges it away.
   *
   * @param arguments the folder of a Hugging Face model, a JSON Lines file with texts, and a folder
   *     for the merged model
   */
  public static void main(String... arguments) throws IOException {
    try (var model = LanguageModel.load(Path.of(arguments[0]))) {
      model.adapt(new ScaledOutputs());
      System.out.println(model.peft().report());
      Path texts = Path.of(arguments[1]);
      System.out.printf("loss %.4f before%n", model.evaluate(texts).loss());
      model.train(model.batches(texts, 8), new TrainingConfig(30, 2e-2));
      System.out.printf("loss %.4f after%n", model.evaluate(texts).loss());
      model.merge(Path.of(arguments[2]));
    }
    try (var merged = LanguageModel.load(Path.of(arguments[2]))) {
      System.out.printf("loss %.4f merged%n", merged.evaluate(Path.of(arguments[1])).loss());
    }
  }
}
