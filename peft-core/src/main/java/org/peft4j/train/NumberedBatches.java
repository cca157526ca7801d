package org.peft4j.train;

import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/** Batches by number; a step does not reach over the end of an epoch. */
record NumberedBatches<B>(BatchSource<? extends B> source, TrainingConfig config)
    implements StepBatches<B> {

  @Override
  public List<B> of(int step) {
    long epoch = step / perEpoch();
    int first = step % perEpoch() * config.gradients().accumulation();
    int end = Math.min(first + config.gradients().accumulation(), source.perEpoch());
    long offset = epoch * source.perEpoch();
    return LongStream.range(first, end).<B>mapToObj(i -> source.batch(offset + i)).toList();
  }

  @Override
  public double epochsAfter(int steps) {
    return (double) steps / perEpoch();
  }

  @Override
  public Map<String, String> identity() {
    return Map.of(
        "data and its order", source.signature(),
        "batches per step", String.valueOf(config.gradients().accumulation()));
  }

  private int perEpoch() {
    return TrainingConfig.stepsPerEpoch(source, config.gradients().accumulation());
  }
}
