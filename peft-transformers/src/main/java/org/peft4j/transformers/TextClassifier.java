package org.peft4j.transformers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.kernel.Closing;
import org.peft4j.kernel.DataType;
import org.peft4j.spec.AdapterInfo;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.store.StoredAdapter;
import org.peft4j.tensor.Tape;
import org.peft4j.train.BatchSource;
import org.peft4j.train.TrainingConfig;
import org.peft4j.train.TrainingListener;
import org.peft4j.train.TrainingPlan;
import org.peft4j.train.TrainingReport;
import org.peft4j.transformers.checkpoint.Checkpoint;
import org.peft4j.transformers.checkpoint.LoadedModel;
import org.peft4j.transformers.checkpoint.StoredLabels;
import org.peft4j.transformers.checkpoint.Task;
import org.peft4j.transformers.data.ClassBatches;
import org.peft4j.transformers.data.ClassExample;
import org.peft4j.transformers.data.ClassReader;
import org.peft4j.transformers.data.ExampleSettings;
import org.peft4j.transformers.data.Order;
import org.peft4j.transformers.model.ClassBatch;
import org.peft4j.transformers.model.Labels;
import org.peft4j.transformers.model.SequenceClassifier;
import org.peft4j.transformers.text.ModelTexts;

/**
 * A model that tells texts apart, with its tokenizer and its adapters: {@link LanguageModel}'s
 * counterpart. On a model that was pretrained to predict text the output layer is new; it trains
 * with the adapter and is saved with it.
 *
 * <p>Any number of threads may classify, train and change adapters at once where each call names
 * its adapter, by {@link #with}; whatever names none is about the active ones, see {@link
 * PeftModel#activate}. Closing frees everything that belongs to the model, at once; whatever is
 * left of it throws an {@link IllegalStateException} when used.
 */
public final class TextClassifier implements AutoCloseable {

  private static final int USUAL_LENGTH = 512;

  private volatile LoadedModel origin;
  private final PeftModel<? extends SequenceClassifier<?>> peft;
  private final ModelTexts texts;
  private volatile boolean closed;

  private TextClassifier(
      LoadedModel origin, PeftModel<? extends SequenceClassifier<?>> peft, ModelTexts texts) {
    this.origin = origin;
    this.peft = peft;
    this.texts = texts;
  }

  /** The classifier in that folder: a model that has labels, computing in float32. */
  public static TextClassifier load(Path folder) throws IOException {
    return load(folder, DataType.FLOAT32);
  }

  /**
   * The classifier in that folder.
   *
   * @param type what to compute in
   * @throws org.peft4j.io.AdapterFormatException if files or tensors are missing or wrong
   * @throws IllegalArgumentException if the model has no labels
   */
  public static TextClassifier load(Path folder, DataType type) throws IOException {
    return of(Checkpoint.load(folder, type));
  }

  /** A classifier that was trained before: the model in a folder with the adapter in another. */
  public static TextClassifier load(Path folder, Path adapter) throws IOException {
    try (StoredAdapter stored = StoredAdapter.open(adapter, AdapterSpec.DEFAULT_NAME)) {
      Labels labels = StoredLabels.ofAdapter(stored, folder);
      return adapted(load(folder, DataType.FLOAT32, labels, 0), stored);
    }
  }

  private static TextClassifier adapted(TextClassifier loaded, StoredAdapter stored)
      throws IOException {
    try {
      loaded.adapt(stored);
      return loaded;
    } catch (IOException | RuntimeException e) {
      loaded.close();
      throw e;
    }
  }

  /** A classifier on the model in that folder, computing in float32, for these labels. */
  public static TextClassifier load(Path folder, String... labels) throws IOException {
    return load(folder, DataType.FLOAT32, Labels.of(labels), 0);
  }

  /**
   * A classifier on the model in that folder.
   *
   * @param type what to compute in
   * @param labels what it is to tell apart; as many as it does already, if it is a classifier
   * @param seed of a new output layer
   * @throws org.peft4j.io.AdapterFormatException if files or tensors are missing or wrong
   */
  public static TextClassifier load(Path folder, DataType type, Labels labels, long seed)
      throws IOException {
    return of(Checkpoint.loadClassifier(folder, type, labels, seed));
  }

  private static TextClassifier of(LoadedModel loaded) throws IOException {
    try {
      return new TextClassifier(
          loaded, host(loaded.classifier()), new ModelTexts(loaded.directory()));
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

  /**
   * Puts the adapter that lies in that folder on the model, with the output layer it trained. Where
   * its tables have more rows than the model's, the tokenizer is from there too, if there is one.
   *
   * @throws IllegalArgumentException if it is for another task or does not fit this model
   */
  public void adapt(Path folder) throws IOException {
    try (StoredAdapter stored = StoredAdapter.open(folder, AdapterSpec.DEFAULT_NAME)) {
      adapt(stored);
    }
  }

  /**
   * Puts an adapter that has been opened, once and for one model, on the model.
   *
   * @throws IllegalArgumentException if it is for another task or does not fit this model
   */
  public void adapt(StoredAdapter stored) throws IOException {
    int vocabulary = vocabulary();
    new AdapterLoading(peft(), origin().directory()).load(stored, Task.CLASSIFICATION);
    if (vocabulary() > vocabulary) {
      texts().takeTokens(stored.folder());
      origin = origin.withTokens(texts().tokens());
    }
  }

  /**
   * Texts with labels; see {@link ClassReader} for what the file may hold.
   *
   * @throws IOException if lines cannot be used, naming them
   */
  public List<ClassExample> read(Path file) throws IOException {
    return new ClassReader(texts(), settings(usualLength()), labels().names()).read(file).list();
  }

  /** How files are read for this model: with its special tokens. */
  public ExampleSettings settings(int maxLength) throws IOException {
    return ExampleSettings.of(texts(), maxLength, vocabulary());
  }

  /** After how many tokens texts are cut unless told otherwise. */
  public int usualLength() {
    return Math.min(USUAL_LENGTH, model().maxPositions());
  }

  /** The texts of a file as batches of that many, in an order drawn anew for each epoch. */
  public ClassBatches batches(Path file, int batchSize) throws IOException {
    return new ClassBatches(read(file), batchSize, Order.shuffled(0));
  }

  // ---- with the adapters that a call names ----

  /**
   * The classifier with one adapter and its output layer, whatever is active.
   *
   * @throws IllegalArgumentException if there is no adapter of that name
   */
  public AdaptedTextClassifier with(String name) {
    return new AdaptedTextClassifier(this, peft().with(name));
  }

  /** The classifier with the active adapters, those of now. */
  public AdaptedTextClassifier current() {
    return new AdaptedTextClassifier(this, peft().current());
  }

  // ---- with the active adapters ----

  /** Trains the active adapters and the output layer. */
  public TrainingReport train(
      BatchSource<ClassBatch> batches, TrainingConfig config, TrainingListener... listeners) {
    return current().train(batches, config, listeners);
  }

  /** Trains the active adapters and the output layer. */
  public TrainingReport train(
      BatchSource<ClassBatch> batches, TrainingConfig config, TrainingPlan<ClassBatch> plan) {
    return current().train(batches, config, plan);
  }

  /** How well it tells the texts of a file apart. */
  public ClassEvaluation evaluate(Path file) throws IOException {
    return current().evaluate(file);
  }

  /** How well it tells the texts of batches apart. */
  public ClassEvaluation evaluate(Iterable<ClassBatch> batches) {
    return current().evaluate(batches);
  }

  /**
   * What a text is, and how surely. Of a text longer than {@link #usualLength} the start counts.
   */
  public Prediction predict(String text) {
    return current().predict(text);
  }

  /** See {@link AdaptedTextClassifier#predict(List)}. */
  public List<Prediction> predict(List<String> texts) {
    return current().predict(texts);
  }

  /** See {@link AdaptedTextClassifier#predictTokens}. */
  public List<Prediction> predictTokens(List<int[]> texts, int batchSize) {
    return current().predictTokens(texts, batchSize);
  }

  /** See {@link AdaptedTextClassifier#merge}. */
  public void merge(Path folder) throws IOException {
    current().merge(folder);
  }

  /** What it tells apart. */
  public Labels labels() {
    return model().labels();
  }

  /**
   * Writes the adapters and the output layer in Hugging Face PEFT's format, and their labels beside
   * them: {@link Labels#FILE_NAME}.
   */
  public void save(Path folder) throws IOException {
    peft().save(folder);
  }

  /** The number of tokens it knows with the active adapters, which may bring some. */
  int vocabulary() {
    try (Tape t = peft().inference()) {
      return model().vocabulary(t);
    }
  }

  /** The model; with which adapters it computes, the tape that it computes on says. */
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
