package org.peft4j.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.peft4j.TargetReport;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.kernel.DataType;
import org.peft4j.spec.AdapterInfo;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.train.AdamWSettings;
import org.peft4j.train.Evaluation;
import org.peft4j.train.LearningRate;
import org.peft4j.train.Schedule;
import org.peft4j.train.TrainingConfig;
import org.peft4j.train.TrainingListener;
import org.peft4j.train.TrainingReport;
import org.peft4j.transformers.LanguageModel;
import org.peft4j.transformers.checkpoint.Checkpoint;
import org.peft4j.transformers.data.Batches;
import org.peft4j.transformers.data.Example;
import org.peft4j.transformers.data.Order;
import org.peft4j.transformers.generate.Sampling;
import org.peft4j.transformers.model.CausalLm;

/**
 * The tiny model on its way from stories to ship's logs: what the quickstart does, without what it
 * says.
 */
final class QuickstartModel implements AutoCloseable {

  static final String PROMPT = "One windy day.";
  static final int RANK = 8;
  static final int BATCH_SIZE = 8;

  private static final int SEED = 7;
  private static final double LEARNING_RATE = 1e-2;
  private static final int LONGEST_SAMPLE = 200;
  private static final Sampling SAMPLING = new Sampling(0.7, 0, 0.95, SEED);

  private final QuickstartFolder folder;
  private final LanguageModel language;

  /** The model as it was pretrained. */
  QuickstartModel(QuickstartFolder folder) throws IOException {
    this.folder = folder;
    this.language = LanguageModel.load(folder.model());
  }

  /** The mean loss over logs that are not trained on. */
  Evaluation evaluate() throws IOException {
    Batches batches = new Batches(examples(folder.heldOut()), BATCH_SIZE, Order.asListed());
    return language.evaluate(() -> batches.epochs(1));
  }

  /** How the model continues {@link #PROMPT}; the same numbers are drawn each time. */
  String sample() {
    return PROMPT + language.generate(PROMPT, LONGEST_SAMPLE, SAMPLING);
  }

  /** Puts LoRA on all linear layers. */
  TargetReport adapt() {
    language.adapt(
        new AdapterSpec(new LoraConfig(RANK, 2 * RANK), TargetModules.allLinear())
            .seeded(SEED)
            .describedBy(AdapterInfo.causalLm(folder.model().toString())));
    return language.peft().report();
  }

  /** Trains the adapter and saves it. */
  TrainingReport train(int steps, TrainingListener listener) throws IOException {
    Batches batches = new Batches(examples(folder.training()), BATCH_SIZE, Order.shuffled(SEED));
    LearningRate rate = new LearningRate(LEARNING_RATE, Schedule.COSINE, steps / 20);
    TrainingConfig config = new TrainingConfig(steps, rate, new AdamWSettings(), 1, 1, SEED);
    TrainingReport report = language.train(batches, config, listener);
    language.save(folder.adapter());
    return report;
  }

  /**
   * Writes the plain model that the model and its adapter make, and loads it again.
   *
   * @return the largest difference between the scores of both
   */
  double merge() throws IOException {
    Checkpoint.save(language.peft().merge(), language.origin(), folder.merged(), DataType.FLOAT32);
    CausalLm<?> merged = Checkpoint.load(folder.merged(), DataType.FLOAT32).causalLm();
    return LogitsCheck.difference(
        LogitsCheck.logits(language.peft().inference(), language.model()),
        LogitsCheck.logits(Tape.inference(language.peft().kernels()), merged));
  }

  private List<Example> examples(Path file) throws IOException {
    return language.read(file, language.model().maxPositions());
  }

  @Override
  public void close() {
    language.close();
  }
}
