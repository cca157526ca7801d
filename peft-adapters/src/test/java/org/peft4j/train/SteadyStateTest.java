package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapters.AdaLoraConfig;
import org.peft4j.adapters.DoraConfig;
import org.peft4j.adapters.FullConfig;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.HostMemory;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.Mlp;
import org.peft4j.testkit.NativeGarbage;
import org.peft4j.testkit.TinyDecoder;

/** Once a training run has seen its shapes, a step takes no memory outside the Java heap. */
class SteadyStateTest {

  private static final int WARM_UP = 30;
  private static final int COUNTED = 20;

  @Test
  void aPerceptronTrainsWithoutAllocating() throws InterruptedException {
    PeftModel<Mlp> model = Peft.adapt(Mlp.random(DataType.FLOAT32, 1), spec(lora()));
    Tensor x = Mlp.normal(DataType.FLOAT32, new Random(2), 1, 8, Mlp.IN);
    Tensor target = Mlp.normal(DataType.FLOAT32, new Random(3), 1, 8, Mlp.OUT);

    assertSteady(
        model, (t, any) -> new Loss(t.meanSquaredError(model.model().forward(t, x), target), 1));
  }

  @Test
  void aDecoderTrainsWithoutAllocating() throws InterruptedException {
    PeftModel<TinyDecoder> model = Peft.adapt(decoder(), spec(lora()));

    assertSteady(model, (t, any) -> loss(model, t, 12));
  }

  @Test
  void ratesByParameterAndDecayToTheStartAllocateNothing() throws InterruptedException {
    PeftModel<TinyDecoder> model = Peft.adapt(decoder(), spec(lora()));
    AdamWSettings toStart = new AdamWSettings(0.1).decaying(DecayToward.START);
    LearningRate rate = LearningRate.constant(1e-3);
    TrainingConfig config = new TrainingConfig(WARM_UP + COUNTED, rate, toStart, 1, 1, 0);

    assertSteady(model, (t, any) -> loss(model, t, 12), config.with(RateFactors.loraPlus(16)));
  }

  @Test
  void doraTrainsWithoutAllocating() throws InterruptedException {
    PeftModel<TinyDecoder> model = Peft.adapt(decoder(), spec(new DoraConfig(2, 4)));

    assertSteady(model, (t, any) -> loss(model, t, 12));
  }

  @Test
  void adaLoraTrainsWithoutAllocatingWhileItMovesRank() throws InterruptedException {
    AdaLoraConfig config = new AdaLoraConfig(4, 2).scheduled(3, 0, 2);
    PeftModel<TinyDecoder> model = Peft.adapt(decoder(), spec(config));

    assertSteady(model, (t, any) -> loss(model, t, 12));
  }

  @Test
  void fullFineTuningTrainsWithoutAllocating() throws InterruptedException {
    PeftModel<TinyDecoder> model = Peft.adapt(decoder(), spec(new FullConfig()));

    assertSteady(model, (t, any) -> loss(model, t, 12));
  }

  @Test
  void aFewLengthsInTurnAllocateNothingOnceAllWereSeen() throws InterruptedException {
    PeftModel<TinyDecoder> model = Peft.adapt(decoder(), spec(lora()));

    assertSteady(model, (t, number) -> loss(model, t, 12 + 7 * (number % 3)));
  }

  @Test
  void lengthsThatNeverRepeatKeepThePoolBounded() {
    PeftModel<TinyDecoder> model = Peft.adapt(decoder(), spec(lora()));
    long longest = pooled(model, Stream.of(60));

    long varying = pooled(model, new Random(4).ints(300, 2, 61).boxed());

    assertThat(varying).isLessThanOrEqualTo(3 * longest);
  }

  /** Bytes in the pool of a tape after it has differentiated losses of these lengths. */
  private static long pooled(PeftModel<TinyDecoder> model, Stream<Integer> lengths) {
    try (Tape t = model.training()) {
      lengths.forEach(
          length -> {
            t.backward(loss(model, t, length).sum(), 1);
            t.reset();
          });
      return t.pooledBytes();
    }
  }

  private static void assertSteady(PeftModel<?> model, Objective<Integer> objective)
      throws InterruptedException {
    assertSteady(model, objective, new TrainingConfig(WARM_UP + COUNTED, 1e-3));
  }

  private static void assertSteady(
      PeftModel<?> model, Objective<Integer> objective, TrainingConfig config)
      throws InterruptedException {
    try (Trainer<Integer> trainer = new Trainer<>(model, objective, config)) {
      for (int i = 0; i < WARM_UP; i++) {
        step(trainer, i);
      }
      NativeGarbage.free();
      long blocks = HostMemory.allocations();
      long pointers = Pointer.totalCount();
      long bytes = Pointer.totalBytes();

      for (int i = 0; i < COUNTED; i++) {
        step(trainer, i);
      }

      assertThat(HostMemory.allocations() - blocks).as("blocks").isZero();
      assertThat(Pointer.totalCount() - pointers).as("pointers").isLessThanOrEqualTo(0);
      assertThat(Pointer.totalBytes() - bytes).as("bytes").isLessThanOrEqualTo(0);
    }
  }

  private static void step(Trainer<Integer> trainer, int number) {
    trainer.computeGradients(number);
    trainer.applyGradients();
  }

  /** Two sequences; the labels leave out every fifth position. */
  private static Loss loss(PeftModel<TinyDecoder> model, Tape t, int length) {
    int[] ids = new int[2 * length];
    int[] labels = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = i * 7 % TinyDecoder.VOCABULARY;
      labels[i] = i % 5 == 4 ? -1 : (ids[i] + 1) % TinyDecoder.VOCABULARY;
    }
    return new Loss(t.crossEntropySum(model.model().forward(t, ids, 2), labels), ids.length);
  }

  private static TinyDecoder decoder() {
    return TinyDecoder.random(DataType.FLOAT32, 1);
  }

  private static AdapterConfig lora() {
    return new LoraConfig(2, 4, 0.1, false, true);
  }

  private static AdapterSpec spec(AdapterConfig config) {
    return new AdapterSpec(config, TargetModules.allLinear());
  }
}
