package org.peft4j.cli;

import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.peft4j.settings.Require;
import org.peft4j.train.AdamWSettings;
import org.peft4j.train.BatchSource;
import org.peft4j.train.DecayToward;
import org.peft4j.train.FaultPolicy;
import org.peft4j.train.LearningRate;
import org.peft4j.train.RateFactors;
import org.peft4j.train.Schedule;
import org.peft4j.train.TrainingConfig;
import org.peft4j.train.Warmup;
import org.peft4j.transformers.MemoryEstimate;
import org.peft4j.transformers.data.Order;
import picocli.CommandLine.Option;

/** How long and how to train. */
@Heading("Training")
final class TrainingOptions {

  private static final int MEBIBYTE = 1 << 20;

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
      converter = ScheduleConverter.class,
      defaultValue = "linear",
      description =
          "How it falls to zero: constant (it does not), linear, cosine, cosine_with_restarts:TIMES"
              + " or polynomial:POWER. Default: ${DEFAULT-VALUE}.")
  private Schedule schedule;

  @Option(
      names = "--warmup",
      paramLabel = "N",
      converter = WarmupLength.class,
      defaultValue = "0",
      description = "Steps in which it rises from zero, or a share such as 5%%. Default: none.")
  private Warmup warmup;

  @Option(
      names = "--optimizer",
      paramLabel = "NAME",
      converter = OptimizerName.Converter.class,
      defaultValue = "adamw",
      description =
          "adamw, or ND4J's adagrad, adamax, amsgrad, nadam, nesterovs, rmsprop or sgd. Default:"
              + " ${DEFAULT-VALUE}.")
  private OptimizerName optimizer;

  @Option(
      names = "--weight-decay",
      paramLabel = "X",
      defaultValue = "0",
      description = "Weight decay, decoupled as AdamW's. Default: none.")
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

  @Option(
      names = "--skip-faults",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Leave out up to N steps in a row whose numbers are not finite. Default: stop at the"
              + " first.")
  private int skips;

  @Option(
      names = "--activation-checkpointing",
      description = "Compute each block again for its gradient: less memory, more time.")
  private boolean activationCheckpointing;

  @Option(
      names = "--memory-limit",
      paramLabel = "MIB",
      description = "Refuse to train where that takes more memory beside the model. Default: all.")
  private @Nullable Integer memory;

  @Option(
      names = "--time-limit",
      paramLabel = "TIME",
      converter = TimeLimit.class,
      description = "Stop after this time, such as 90s, 30m or 1h30m.")
  private @Nullable Duration timeLimit;

  @Option(names = "--no-shuffle", description = "Take the examples in the order of the file.")
  private boolean inOrder;

  @Option(
      names = "--group-by-length",
      description = "Batches of examples of about the same length: less padding.")
  private boolean grouped;

  @Option(
      names = "--packing",
      description =
          "Put several examples into one row of --max-length tokens, without their seeing each"
              + " other: hardly any padding. --batch-size then counts rows.")
  private boolean packing;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Of the adapter's start, the order and dropout. Default: ${DEFAULT-VALUE}.")
  private long seed;

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
    } else if (steps == null) {
      epochs = 1;
    }
    requireNotBoth("--no-shuffle", inOrder, "--group-by-length", grouped);
    requireNotBoth("--packing", packing, "--group-by-length", grouped);
    Require.positive("--lr", learningRate);
    Require.notNegative("--weight-decay", weightDecay);
    if (loraPlus != null) {
      Require.positive("--lora-plus", loraPlus);
    }
    if (toward == DecayToward.START && weightDecay == 0) {
      throw new IllegalArgumentException(
          "--decay-toward start wants a --weight-decay above 0, which is how hard it pulls");
    }
    if (toward == DecayToward.START && !optimizer.isAdamW()) {
      throw new IllegalArgumentException("--decay-toward start wants --optimizer adamw");
    }
    if (memory != null) {
      Require.positive("--memory-limit", memory);
    }
    Require.notNegative("--skip-faults", skips);
    Require.positive("--grad-accumulation", accumulation);
    Require.notNegative("--clip", clip);
  }

  private static void requireNotBoth(String one, boolean first, String other, boolean second) {
    if (first && second) {
      throw new IllegalArgumentException(
          one + " and " + other + " exclude each other; leave one out");
    }
  }

  /** Makes sure that what is to train faster is among {@code trained}. */
  void requireUse(Collection<String> trained) {
    try {
      rates().requireMatches(trained);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("--lora-plus " + loraPlus + ": " + e.getMessage(), e);
    }
  }

  /**
   * Makes sure that training fits into memory.
   *
   * @throws IllegalArgumentException if it does not
   */
  void requireFits(MemoryEstimate estimate) {
    long most = memory == null ? Long.MAX_VALUE : (long) memory * MEBIBYTE;
    estimate.requireFits(Math.min(most, estimate.available()));
  }

  Optional<Duration> timeLimit() {
    return Optional.ofNullable(timeLimit);
  }

  long seed() {
    return seed;
  }

  /** Whether rows hold several examples. */
  boolean packs() {
    return packing;
  }

  /**
   * @throws IllegalArgumentException if packing was asked for, where rows hold one example each
   */
  void refusePacking() {
    if (packing) {
      throw new IllegalArgumentException(
          "--packing is for finetune only: here every row is one example; leave it out");
    }
  }

  Order order() {
    if (inOrder) {
      return Order.asListed();
    }
    return grouped ? Order.grouped(seed) : Order.shuffled(seed);
  }

  TrainingConfig config(BatchSource<?> batches) {
    int times = epochs == null ? 1 : epochs;
    return config(steps == null ? TrainingConfig.stepsFor(times, batches, accumulation) : steps);
  }

  private TrainingConfig config(int steps) {
    return new TrainingConfig(
            steps,
            new LearningRate(learningRate, schedule, warmup),
            optimizer.with(new AdamWSettings(weightDecay).decaying(toward)),
            accumulation,
            clip,
            seed)
        .with(rates())
        .with(new FaultPolicy(skips))
        .withActivationCheckpointing(activationCheckpointing);
  }

  private RateFactors rates() {
    return loraPlus == null ? RateFactors.NONE : RateFactors.loraPlus(loraPlus);
  }
}
