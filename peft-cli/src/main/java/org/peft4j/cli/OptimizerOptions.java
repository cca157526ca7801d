package org.peft4j.cli;

import java.util.Collection;
import org.jspecify.annotations.Nullable;
import org.peft4j.settings.Require;
import org.peft4j.train.AdamWSettings;
import org.peft4j.train.DecayToward;
import org.peft4j.train.LearningRate;
import org.peft4j.train.Optimizer;
import org.peft4j.train.RateFactors;
import org.peft4j.train.Schedule;
import org.peft4j.train.Warmup;
import picocli.CommandLine.Option;

/** What becomes of a gradient: which optimizer, how fast, with how much decay. */
@Heading(TrainingOptions.HEADING)
final class OptimizerOptions {

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

  void check() {
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
  }

  /** Makes sure that what is to train faster is among {@code trained}. */
  void requireUse(Collection<String> trained) {
    try {
      rates().requireMatches(trained);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("--lora-plus " + loraPlus + ": " + e.getMessage(), e);
    }
  }

  LearningRate learningRate() {
    return new LearningRate(learningRate, schedule, warmup);
  }

  Optimizer optimizer() {
    return optimizer.with(new AdamWSettings(weightDecay).decaying(toward));
  }

  RateFactors rates() {
    return loraPlus == null ? RateFactors.NONE : RateFactors.loraPlus(loraPlus);
  }
}
