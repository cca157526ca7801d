package org.peft4j.transformers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.peft4j.AdapterInfo;
import org.peft4j.AdapterSpec;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.TargetModules;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.io.AdapterStore;
import org.peft4j.kernel.Closing;
import org.peft4j.kernel.DataType;
import org.peft4j.tensor.Tape;
import org.peft4j.train.BatchSource;
import org.peft4j.train.Evaluation;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;
import org.peft4j.train.TrainingListener;
import org.peft4j.train.TrainingPlan;
import org.peft4j.train.TrainingReport;
import org.peft4j.transformers.data.ClassBatches;
import org.peft4j.transformers.data.ClassExample;
import org.peft4j.transformers.data.ClassReader;
import org.peft4j.transformers.data.Order;

/**
 * A model that tells texts apart, with its tokenizer and its adapters: {@link LanguageModel}'s
 * counterpart. On a model that was pretrained to predict text the output layer is new; it trains
 * with the adapter and is saved with it.
 *
 * <p>Any number of threads may classify while nobody trains or changes what is active; {@link
 * PeftModel} says what is refused otherwise. Closing frees everything that belongs to the model, at
 * once; whatever is left of it throws an {@link IllegalStateException} when used.
 */
public final class TextClassifier implements AutoCloseable {

  private static final int USUAL_LENGTH = 512;

  private final LoadedModel origin;
  private final PeftModel<? extends SequenceClassifier<?>> peft;
  private final ModelTexts texts;
  private volatile boolean closed;

  private TextClassifier(
      LoadedModel origin, PeftModel<? extends SequenceClassifier<?>> peft, ModelTexts texts) {
    this.origin = origin;
    this.peft = peft;
    this.texts = texts;
  }

  /** A classifier on the model in that folder, computing in float32, for these labels. */
  public static TextClassifier load(Path folder, String... labels) throws IOException {
    return load(folder, DataType.FLOAT32, Labels.of(labels), 0);
  }

  /**
   * A classifier on the model in that folder.
   *
   * @param type what to compute in
   * @param seed of a new output layer
   * @throws org.peft4j.io.AdapterFormatException if files or tensors are missing or wrong
   */
  public static TextClassifier load(Path folder, DataType type, Labels labels, long seed)
      throws IOException {
    LoadedModel loaded = Checkpoint.loadClassifier(folder, type, labels, seed);
    try {
      return new TextClassifier(loaded, host(loaded.classifier()), new ModelTexts(folder));
    } catch (IOException | RuntimeException e) {
      loaded.close();
      throw e;
    }
  }

  private static <M extends SequenceClassifier<M>> PeftModel<M> host(SequenceClassifier<M> model) {
    return Peft.host(model.self());
  }

  /**
   * Puts a new adapter on all linear layers but the output layer, which trains whole.
   *
   * @throws IllegalArgumentException if the method does not fit this model
   */
  public void adapt(AdapterConfig config) {
    adapt(
        new AdapterSpec(config, TargetModules.allLinear())
            .describedBy(AdapterInfo.madeFor(origin().directory().toString())));
  }

  /** Puts a new adapter on the model. */
  public void adapt(AdapterSpec spec) {
    peft().add(spec);
    peft().activate(spec.name());
  }

  /** Puts the adapter that lies in that folder on the model, with the output layer it trained. */
  public void adapt(Path folder) throws IOException {
    AdapterSpec spec = AdapterStore.readSpec(folder, AdapterSpec.DEFAULT_NAME);
    peft().load(folder, spec.name());
    peft().activate(spec.name());
  }

  /**
   * Texts with labels; see {@link ClassReader} for what the file may hold.
   *
   * @throws IOException if lines cannot be used, naming them
   */
  public List<ClassExample> read(Path file) throws IOException {
    return new ClassReader(
            texts(),
            texts().settings(usualLength(), model().vocabulary()),
            model().labels().names())
        .read(file)
        .list();
  }

  /** After how many tokens texts are cut unless told otherwise. */
  public int usualLength() {
    return Math.min(USUAL_LENGTH, model().maxPositions());
  }

  /** The texts of a file as batches of that many, in an order drawn anew for each epoch. */
  public ClassBatches batches(Path file, int batchSize) throws IOException {
    return new ClassBatches(read(file), batchSize, Order.shuffled(0));
  }

  /** Trains the active adapters and the output layer. */
  public TrainingReport train(
      BatchSource<ClassBatch> batches, TrainingConfig config, TrainingListener... listeners) {
    return train(batches, config, new TrainingPlan<>(listeners));
  }

  /** Trains the active adapters and the output layer. */
  public TrainingReport train(
      BatchSource<ClassBatch> batches, TrainingConfig config, TrainingPlan<ClassBatch> plan) {
    try (Trainer<ClassBatch> trainer = new Trainer<>(peft(), model().objective(), config)) {
      return trainer.fit(batches, plan);
    }
  }

  /** The mean loss over the texts of a file, with {@link SequenceClassifier#ACCURACY}. */
  public Evaluation evaluate(Path file) throws IOException {
    ClassBatches batches = new ClassBatches(read(file), 8, Order.asListed());
    return Trainer.evaluate(peft().kernels(), model().objective(), () -> batches.epochs(1));
  }

  /** The likeliest label of a text. */
  public String classify(String text) {
    int[] ids = texts().prompt(text);
    try (Tape t = Tape.inference(peft().kernels())) {
      return model().labels().name(model().predict(t, TokenBatch.of(List.of(ids)))[0]);
    }
  }

  /** Writes the adapters and the output layer in Hugging Face PEFT's format. */
  public void save(Path folder) throws IOException {
    peft().save(folder);
  }

  /** The model; it computes with the active adapters. */
  public SequenceClassifier<?> model() {
    return peft().model();
  }

  /** The model with its adapters. */
  public PeftModel<? extends SequenceClassifier<?>> peft() {
    requireOpen();
    return peft;
  }

  /** The model as it was loaded. */
  public LoadedModel origin() {
    requireOpen();
    return origin;
  }

  /** Its tokenizer. */
  public ModelTexts texts() {
    requireOpen();
    return texts;
  }

  /**
   * Frees the adapters, the weights and the tokenizer. A training or a text that another thread is
   * in the middle of ends with an exception.
   */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      Closing.all(peft::close, origin::close, texts::close);
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("this model is closed");
    }
  }
}
