package org.peft4j.examples.cli;

import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.peft4j.adapter.Require;
import org.peft4j.train.AdamWSettings;
import org.peft4j.train.Decay;
import org.peft4j.train.DecayToward;
import org.peft4j.train.LearningRate;
import org.peft4j.train.RateFactors;
import org.peft4j.train.TrainingConfig;
import org.peft4j.transformers.TokenBatch;
import org.peft4j.transformers.data.Batches;
import org.peft4j.transformers.data.Example;
import org.peft4j.transformers.data.Order;
import picocli.CommandLine.Option;

/** How long and how to train. */
final class TrainingOptions {

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "Optimizer steps; when the examples run out they come again.")
  private @Nullable Integer steps;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "Instead of steps: how often to see every example. Default: 1.")
  private @Nullable Integer epochs;

  @Option(
      names = "--lr",
      paramLabel = "X",
      defaultValue = "2e-4",
      description = "Highest learning rate. Default: ${DEFAULT-VALUE}, usual for LoRA.")
  private double learningRate;

  @Option(
      names = "--lr-schedule",
      paramLabel = "NAME",
      converter = Schedule.class,
      defaultValue = "linear",
      description =
          "How it falls to zero: constant (it does not), linear or cosine. Default:"
              + " ${DEFAULT-VALUE}.")
  private Decay schedule;

  @Option(
      names = "--warmup",
      paramLabel = "N",
      defaultValue = "0",
      description = "Steps in which it rises from zero. Default: none.")
  private int warmup;

  @Option(
      names = "--weight-decay",
      paramLabel = "X",
      defaultValue = "0",
      description = "Weight decay of AdamW. Default: none.")
  private double weightDecay;

  @Option(
      names = "--decay-toward",
      paramLabel = "PLACE",
      converter = DecayPlace.class,
      defaultValue = "zero",
      description =
          "Where weight decay pulls: zero, or start, for adapters that start with part of the"
              + " pretrained weights. Default: ${DEFAULT-VALUE}.")
  private DecayToward toward;

  @Option(
      names = "--lora-plus",
      paramLabel = "RATIO",
      description =
          "Train the B factors of LoRA so many times as fast as all else (LoRA+), such as 16, with"
              + " a lower --lr. Default: not.")
  private @Nullable Double loraPlus;

  @Option(
      names = "--grad-accumulation",
      paramLabel = "N",
      defaultValue = "1",
      description = "Batches that make up one step. Default: ${DEFAULT-VALUE}.")
  private int accumulation;

  @Option(
      names = "--clip",
      paramLabel = "X",
      defaultValue = "1",
      description = "Largest length of the gradient; 0 for any. Default: ${DEFAULT-VALUE}.")
  private double clip;

  @Option(names = "--no-shuffle", description = "Take the examples in the order of the file.")
  private boolean inOrder;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Of the adapter's start, the order and dropout. Default: ${DEFAULT-VALUE}.")
  private long seed;

  /**
   * A training run over certain examples.
   *
   * @param config its settings
   * @param batches its batches, at least as many as it takes
   */
  record Plan(TrainingConfig config, Iterator<TokenBatch> batches) {}

  void check() {
    if (steps != null && epochs != null) {
      throw new IllegalArgumentException(
          "--steps %d and --epochs %d exclude each other; leave one out".formatted(steps, epochs));
    }
    if (steps != null) {
      Require.positive("--steps", steps);
    }
    if (epochs != null) {
      Require.positive("--epochs", epochs);
    }
    Require.positive("--lr", learningRate);
    Require.notNegative("--warmup", warmup);
    Require.notNegative("--weight-decay", weightDecay);
    if (loraPlus != null) {
      Require.positive("--lora-plus", loraPlus);
    }
    if (toward == DecayToward.START && weightDecay == 0) {
      throw new IllegalArgumentException(
          "--decay-toward start wants a --weight-decay above 0, which is how hard it pulls");
    }
    Require.positive("--grad-accumulation", accumulation);
    Require.notNegative("--clip", clip);
  }

  /** Makes sure that what is to train faster is among {@code trained}. */
  void requireUse(Collection<String> trained) {
    try {
      rates().requireMatches(trained);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("--lora-plus " + loraPlus + ": " + e.getMessage(), e);
    }
  }

  long seed() {
    return seed;
  }

  Plan plan(List<Example> examples, int batchSize) {
    Order order = inOrder ? Order.asListed() : Order.shuffled(seed);
    Batches batches = new Batches(examples, batchSize, order);
    if (steps != null) {
      return new Plan(config(steps), batches.from(0));
    }
    int times = epochs == null ? 1 : epochs;
    long all = (long) times * batches.perEpoch();
    return new Plan(config(Math.toIntExact((all - 1) / accumulation + 1)), batches.epochs(times));
  }

  private TrainingConfig config(int steps) {
    return new TrainingConfig(
            steps,
            new LearningRate(learningRate, schedule, warmup),
            new AdamWSettings(weightDecay).decaying(toward),
            accumulation,
            clip,
            seed)
        .with(rates());
  }

  private RateFactors rates() {
    return loraPlus == null ? RateFactors.NONE : RateFactors.loraPlus(loraPlus);
  }
}
