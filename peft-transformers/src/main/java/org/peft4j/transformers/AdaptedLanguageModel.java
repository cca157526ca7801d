package org.peft4j.transformers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.peft4j.AdaptedModel;
import org.peft4j.nn.ModuleTree;
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
import org.peft4j.transformers.data.Batches;
import org.peft4j.transformers.data.Order;
import org.peft4j.transformers.generate.Generated;
import org.peft4j.transformers.generate.GenerationRequest;
import org.peft4j.transformers.generate.Generator;
import org.peft4j.transformers.generate.Sampling;
import org.peft4j.transformers.model.CausalLm;
import org.peft4j.transformers.model.TokenBatch;

/**
 * A language model as some of its adapters make it: what a call computes with, whatever other calls
 * choose. Light and immutable, for as many threads as there are; made by {@link
 * LanguageModel#with}, {@link LanguageModel#base} and {@link LanguageModel#current}.
 */
public final class AdaptedLanguageModel {

  private final LanguageModel whole;
  private final AdaptedModel<? extends CausalLm<?>> adapted;

  AdaptedLanguageModel(LanguageModel whole, AdaptedModel<? extends CausalLm<?>> adapted) {
    this.whole = whole;
    this.adapted = adapted;
  }

  /** The model with these adapters, for whatever is not here. */
  public AdaptedModel<? extends CausalLm<?>> peft() {
    return adapted;
  }

  private CausalLm<?> model() {
    return adapted.model();
  }

  /** Trains these adapters. */
  public TrainingReport train(
      BatchSource<TokenBatch> batches, TrainingConfig config, TrainingListener... listeners) {
    return train(batches, config, new TrainingPlan<>(listeners));
  }

  /** Trains these adapters; see {@link Trainer#fit(BatchSource, TrainingPlan)}. */
  public TrainingReport train(
      BatchSource<TokenBatch> batches, TrainingConfig config, TrainingPlan<TokenBatch> plan) {
    return train(batches, model().objective(), config, plan);
  }

  /** Trains these adapters toward another objective. */
  public <B> TrainingReport train(
      BatchSource<B> batches, Objective<B> objective, TrainingConfig config, TrainingPlan<B> plan) {
    try (Trainer<B> trainer = new Trainer<>(adapted, objective, config)) {
      return trainer.fit(batches, plan);
    }
  }

  /** The mean loss over all tokens that a file has to predict. */
  public Evaluation evaluate(Path file) throws IOException {
    Batches batches = new Batches(whole.read(file), 8, Order.asListed());
    return evaluate(() -> batches.epochs(1));
  }

  /** The mean loss over all tokens that batches have to predict. */
  public Evaluation evaluate(Iterable<TokenBatch> batches) {
    return Trainer.evaluate(adapted, model().objective(), batches);
  }

  /** How the model continues a text, taking the likeliest token each time. */
  public String generate(String prompt, int maxTokens) {
    return generate(prompt, maxTokens, Sampling.greedy());
  }

  /** How the model continues a text. */
  public String generate(String prompt, int maxTokens, Sampling sampling) {
    return continuation(whole.texts().prompt(prompt), maxTokens, sampling);
  }

  /**
   * What the model says next in a conversation, written as its chat template writes it.
   *
   * @throws IOException if the template cannot be read
   * @throws IllegalArgumentException if the model has none, or it refuses the conversation
   */
  public String answer(Conversation conversation, int maxTokens, Sampling sampling)
      throws IOException {
    return answer(conversation, whole.texts().requireChat(), maxTokens, sampling);
  }

  /**
   * What the model says next in a conversation, written as {@code template} writes it.
   *
   * @throws IllegalArgumentException if the template refuses the conversation
   */
  public String answer(
      Conversation conversation, ChatTemplate template, int maxTokens, Sampling sampling) {
    return continuation(whole.texts().prompt(conversation, template), maxTokens, sampling);
  }

  /**
   * How the model continues each text, several at once, each as it would be alone: {@link
   * LanguageModel#generateAll(List)}.
   */
  public List<Generated> generateAll(List<String> prompts, int maxTokens, Sampling sampling) {
    return whole.generateAll(
        prompts.stream().map(prompt -> request(prompt, maxTokens).with(sampling)).toList());
  }

  /**
   * A text to be continued with these adapters, by the likeliest token each time, to its end or to
   * {@code maxTokens}: for {@link LanguageModel#generateAll(List)} and {@link LanguageModel#queue}.
   */
  public GenerationRequest request(String prompt, int maxTokens) {
    return request(whole.texts().prompt(prompt), maxTokens);
  }

  /**
   * What the model says next in a conversation, as a request like {@link #request(String, int)}.
   *
   * @throws IOException if the chat template cannot be read
   * @throws IllegalArgumentException if the model has none, or it refuses the conversation
   */
  public GenerationRequest request(Conversation conversation, int maxTokens) throws IOException {
    return request(whole.texts().prompt(conversation, whole.texts().requireChat()), maxTokens);
  }

  private GenerationRequest request(int[] start, int maxTokens) {
    return new GenerationRequest(
        start, settings(maxTokens, Sampling.greedy()), List.of(), adapted.adapters());
  }

  private String continuation(int[] start, int maxTokens, Sampling sampling) {
    int[] tokens = new Generator(adapted).generate(start, settings(maxTokens, sampling));
    return whole.texts().continuation(start, tokens);
  }

  private Generator.Request settings(int maxTokens, Sampling sampling) {
    return new Generator.Request(maxTokens, sampling, whole.texts().special().ends());
  }

  /** Writes these adapters in Hugging Face PEFT's format. */
  public void save(Path folder) throws IOException {
    adapted.save(folder);
  }

  /** Writes the plain model that these adapters make of the base. */
  public void merge(Path folder) throws IOException {
    CausalLm<?> merged = adapted.merge();
    try {
      Checkpoint.save(merged, whole.origin(), folder);
    } finally {
      ModuleTree.closeApartFrom(model(), merged);
    }
  }
}
