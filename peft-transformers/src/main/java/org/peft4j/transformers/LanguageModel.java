package org.peft4j.transformers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.Preparation;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.kernel.Closing;
import org.peft4j.kernel.DataType;
import org.peft4j.spec.AdapterInfo;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.store.StoredAdapter;
import org.peft4j.tensor.Tape;
import org.peft4j.train.BatchSource;
import org.peft4j.train.Evaluation;
import org.peft4j.train.Objective;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;
import org.peft4j.train.TrainingListener;
import org.peft4j.train.TrainingPlan;
import org.peft4j.train.TrainingReport;
import org.peft4j.transformers.chat.ChatTemplate;
import org.peft4j.transformers.chat.Conversation;
import org.peft4j.transformers.checkpoint.Checkpoint;
import org.peft4j.transformers.checkpoint.LoadedModel;
import org.peft4j.transformers.checkpoint.Task;
import org.peft4j.transformers.data.Batches;
import org.peft4j.transformers.data.Example;
import org.peft4j.transformers.data.ExampleReader;
import org.peft4j.transformers.data.ExampleSettings;
import org.peft4j.transformers.data.Order;
import org.peft4j.transformers.data.Preference;
import org.peft4j.transformers.data.PreferenceReader;
import org.peft4j.transformers.data.Rows;
import org.peft4j.transformers.generate.BatchGenerator;
import org.peft4j.transformers.generate.Generated;
import org.peft4j.transformers.generate.GenerationListener;
import org.peft4j.transformers.generate.GenerationQueue;
import org.peft4j.transformers.generate.GenerationRequest;
import org.peft4j.transformers.generate.Sampling;
import org.peft4j.transformers.model.CausalLm;
import org.peft4j.transformers.model.TokenBatch;
import org.peft4j.transformers.text.ModelTexts;

/**
 * A language model with its tokenizer and its adapters: the short way from a Hugging Face folder
 * and a file of texts to an adapter. What it is made of, {@link #peft}, {@link #model} and {@link
 * #texts}, is there for whatever it does not do.
 *
 * <p>Any number of threads may generate, train and change adapters at once where each call names
 * its adapters, by {@link #with} and {@link #base}; whatever names none is about the active ones,
 * see {@link PeftModel#activate}. Closing frees everything that belongs to the model, at once;
 * whatever is left of it throws an {@link IllegalStateException} when used.
 */
public final class LanguageModel implements AutoCloseable {

  private static final int USUAL_LENGTH = 512;
  private static final int ROWS_AT_ONCE = 16;

  private volatile LoadedModel origin;
  private final PeftModel<? extends CausalLm<?>> peft;
  private final ModelTexts texts;
  private volatile boolean closed;

  private LanguageModel(
      LoadedModel origin, PeftModel<? extends CausalLm<?>> peft, ModelTexts texts) {
    this.origin = origin;
    this.peft = peft;
    this.texts = texts;
  }

  /** The model in that folder, computing in float32. See {@link #load(Path, DataType)}. */
  public static LanguageModel load(Path folder) throws IOException {
    return load(folder, DataType.FLOAT32);
  }

  /**
   * The model in that folder: {@code config.json}, safetensors, and {@code tokenizer.json} once a
   * text comes up.
   *
   * @param type what to compute in
   * @throws org.peft4j.io.AdapterFormatException if files or tensors are missing or wrong
   * @throws IllegalArgumentException if the model predicts no text
   */
  public static LanguageModel load(Path folder, DataType type) throws IOException {
    LoadedModel loaded = Checkpoint.load(folder, type);
    try {
      return new LanguageModel(loaded, host(loaded.causalLm()), new ModelTexts(folder));
    } catch (IOException | RuntimeException e) {
      loaded.close();
      throw e;
    }
  }

  private static <M extends CausalLm<M>> PeftModel<M> host(CausalLm<M> model) {
    return Peft.host(model.self());
  }

  /**
   * Puts a new adapter on all linear layers but the output layer.
   *
   * @throws IllegalArgumentException if the method does not fit this model
   */
  public void adapt(AdapterConfig config) {
    adapt(
        new AdapterSpec(config, TargetModules.allLinear())
            .describedBy(AdapterInfo.causalLm(origin().directory().toString())));
  }

  /** Puts a new adapter on the model. */
  public void adapt(AdapterSpec spec) {
    adapt(Preparation.NONE, spec);
  }

  /** Puts a new adapter on the model, whose start may look at what {@code preparation} offers. */
  public void adapt(Preparation preparation, AdapterSpec spec) {
    peft().add(preparation, spec);
    peft().activate(spec.name());
  }

  /**
   * Puts the adapter that lies in that folder on the model. Where its tables have more rows than
   * the model's, the tokenizer is from there too, if there is one. What in its file means nothing
   * on this model is told by the notes of {@code peft().report()}.
   *
   * @throws IllegalArgumentException if it does not fit this model
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
    new AdapterLoading(peft(), origin().directory()).load(stored, Task.LANGUAGE);
    if (vocabulary() > vocabulary) {
      texts().takeTokens(stored.folder());
      origin = origin.withTokens(texts().tokens());
    }
  }

  /** The first {@code count} batches of an epoch, for starts that look at data. */
  public Preparation lookingAt(Batches batches, int count) {
    return Preparation.on(model().calibration(() -> batches.epochs(1)).showingAtMost(count));
  }

  /**
   * What the model can learn from a file; see {@link ExampleReader} for what that may hold.
   *
   * @throws IOException if lines cannot be used, naming them
   */
  public List<Example> read(Path file) throws IOException {
    return read(file, usualLength());
  }

  /** What the model can learn from a file, with texts cut after {@code maxLength} tokens. */
  public List<Example> read(Path file, int maxLength) throws IOException {
    return rows(file, settings(maxLength)).list();
  }

  /**
   * A file read as {@code settings} say, with what became of its rows: cut, left out, passed over.
   */
  public Rows<Example> rows(Path file, ExampleSettings settings) throws IOException {
    return new ExampleReader(texts(), settings).read(file);
  }

  /** How files are read for this model: with its special tokens and its chat template. */
  public ExampleSettings settings(int maxLength) throws IOException {
    if (maxLength > model().maxPositions()) {
      throw new IllegalArgumentException(
          "maxLength must be at most %d, the longest text the model takes, but was %d"
              .formatted(model().maxPositions(), maxLength));
    }
    return ExampleSettings.of(texts(), maxLength, vocabulary());
  }

  /**
   * Pairs of answers, of which one is better; see {@link PreferenceReader} for what the file may
   * hold. {@link #train(BatchSource, Objective, TrainingConfig, TrainingPlan)} with a {@link
   * org.peft4j.transformers.preference.DpoObjective} learns from them.
   *
   * @throws IOException if lines cannot be used, naming them
   */
  public List<Preference> readPairs(Path file) throws IOException {
    return new PreferenceReader(texts(), settings(usualLength())).read(file).list();
  }

  /** After how many tokens texts are cut unless told otherwise. */
  public int usualLength() {
    return Math.min(USUAL_LENGTH, model().maxPositions());
  }

  /** The examples of a file as batches of that many, in an order drawn anew for each epoch. */
  public Batches batches(Path file, int batchSize) throws IOException {
    return new Batches(read(file), batchSize, Order.shuffled(0));
  }

  // ---- with the adapters that a call names ----

  /**
   * The model with one adapter, whatever is active.
   *
   * @throws IllegalArgumentException if there is no adapter of that name
   */
  public AdaptedLanguageModel with(String name) {
    return with(List.of(name));
  }

  /** The model with these adapters, each seeing the ones named before it as its base. */
  public AdaptedLanguageModel with(List<String> names) {
    return new AdaptedLanguageModel(this, peft().with(names));
  }

  /** The model without adapters. */
  public AdaptedLanguageModel base() {
    return with(List.of());
  }

  /** The model with the active adapters, those of now. */
  public AdaptedLanguageModel current() {
    return new AdaptedLanguageModel(this, peft().current());
  }

  // ---- many texts at once, each with the adapters that its request names ----

  /**
   * What follows each prompt, in their order, computed by the calling thread for several at once.
   *
   * @throws IllegalArgumentException if one is too long for the model or names no adapter; nothing
   *     is generated then
   */
  public List<Generated> generateAll(List<GenerationRequest> requests) {
    return new BatchGenerator(peft(), texts(), ROWS_AT_ONCE).generate(requests);
  }

  /** What follows a prompt. */
  public Generated generate(GenerationRequest request) {
    return generate(request, piece -> true);
  }

  /** What follows a prompt, told as it comes. */
  public Generated generate(GenerationRequest request, GenerationListener listener) {
    return new BatchGenerator(peft(), texts(), 1).generate(request, listener);
  }

  /**
   * A queue at work for texts that come from many threads. Close it before the model.
   *
   * @param maxRows how many texts are continued at once; each has keys and values in memory
   */
  public GenerationQueue queue(int maxRows) {
    return GenerationQueue.start(peft(), texts(), maxRows);
  }

  // ---- with the active adapters ----

  /** Trains the active adapters. */
  public TrainingReport train(
      BatchSource<TokenBatch> batches, TrainingConfig config, TrainingListener... listeners) {
    return current().train(batches, config, listeners);
  }

  /** Trains the active adapters; see {@link Trainer#fit(BatchSource, TrainingPlan)}. */
  public TrainingReport train(
      BatchSource<TokenBatch> batches, TrainingConfig config, TrainingPlan<TokenBatch> plan) {
    return current().train(batches, config, plan);
  }

  /** Trains the active adapters toward another objective. */
  public <B> TrainingReport train(
      BatchSource<B> batches, Objective<B> objective, TrainingConfig config, TrainingPlan<B> plan) {
    return current().train(batches, objective, config, plan);
  }

  /** The mean loss over all tokens that a file has to predict. */
  public Evaluation evaluate(Path file) throws IOException {
    return current().evaluate(file);
  }

  /** The mean loss over all tokens that batches have to predict. */
  public Evaluation evaluate(Iterable<TokenBatch> batches) {
    return current().evaluate(batches);
  }

  /** How the model continues a text, taking the likeliest token each time. */
  public String generate(String prompt, int maxTokens) {
    return current().generate(prompt, maxTokens);
  }

  /** How the model continues a text. */
  public String generate(String prompt, int maxTokens, Sampling sampling) {
    return current().generate(prompt, maxTokens, sampling);
  }

  /** See {@link AdaptedLanguageModel#answer(Conversation, int, Sampling)}. */
  public String answer(Conversation conversation, int maxTokens, Sampling sampling)
      throws IOException {
    return current().answer(conversation, maxTokens, sampling);
  }

  /** See {@link AdaptedLanguageModel#answer(Conversation, ChatTemplate, int, Sampling)}. */
  public String answer(
      Conversation conversation, ChatTemplate template, int maxTokens, Sampling sampling) {
    return current().answer(conversation, template, maxTokens, sampling);
  }

  /** See {@link AdaptedLanguageModel#generateAll}. */
  public List<Generated> generateAll(List<String> prompts, int maxTokens, Sampling sampling) {
    return current().generateAll(prompts, maxTokens, sampling);
  }

  /** See {@link AdaptedLanguageModel#request(String, int)}. */
  public GenerationRequest request(String prompt, int maxTokens) {
    return current().request(prompt, maxTokens);
  }

  /** See {@link AdaptedLanguageModel#request(Conversation, int)}. */
  public GenerationRequest request(Conversation conversation, int maxTokens) throws IOException {
    return current().request(conversation, maxTokens);
  }

  /** Writes the plain model that this one and its active adapters make. */
  public void merge(Path folder) throws IOException {
    current().merge(folder);
  }

  /** Writes the adapters in Hugging Face PEFT's format. */
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
  public CausalLm<?> model() {
    return peft().model();
  }

  /** The model with its adapters. */
  public PeftModel<? extends CausalLm<?>> peft() {
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
