package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.PeftModel;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.kernel.Kernels;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.ChildJvm;
import org.peft4j.testkit.NativeGarbage;
import org.peft4j.testkit.Shared;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;
import org.peft4j.transformers.generate.Generator;
import org.peft4j.transformers.generate.Sampling;
import org.peft4j.transformers.llama.TinyLlama;
import org.peft4j.transformers.model.CausalLm;
import org.peft4j.transformers.model.KeyValueCache;
import org.peft4j.transformers.model.TokenBatch;

/** What is left of a model that was closed: nothing in memory, and exceptions. */
class ClosedModelTest {

  private static final TokenBatch BATCH = TokenBatch.of(List.of(new int[] {3, 1, 4, 1, 5}));

  @TempDir Path directory;

  @Test
  void holdsNothingAfterClose() throws IOException, InterruptedException {
    Path model = Shared.require("data/stories260K-hf");
    long size = Files.size(model.resolve("model.safetensors"));
    Process child =
        ChildJvm.of(
                List.of("-Xms1g", "-Xmx2g", "-Dorg.slf4j.simpleLogger.defaultLogLevel=off"),
                OpenAndClose.class,
                model,
                directory,
                30)
            .redirectErrorStream(true)
            .start();
    String said = new String(child.getInputStream().readAllBytes());

    assertThat(child.waitFor()).as(said).isZero();
    List<Long> held =
        said.lines()
            .filter(line -> line.startsWith("held "))
            .map(line -> Long.valueOf(line.substring(5)))
            .toList();
    assertThat(held).hasSize(30);
    assertThat(held.get(29) - held.get(2)).as(said).isLessThan(size);
  }

  @Test
  void freesTheWeightsAndTheAdaptersAtOnce() throws Exception {
    Path folder = new TinyLlama().writeTo(directory);
    evaluated(folder).close();
    NativeGarbage.free();
    long before = Pointer.totalBytes();
    LanguageModel model = evaluated(folder);
    assertThat(Pointer.totalBytes() - before).isGreaterThan(20_000);

    model.close();
    model.close();

    assertThat(Pointer.totalBytes() - before).isLessThan(1_000);
  }

  private static LanguageModel evaluated(Path folder) throws IOException {
    LanguageModel model = LanguageModel.load(folder);
    model.adapt(new LoraConfig(4, 8));
    model.evaluate(List.of(BATCH));
    return model;
  }

  @Test
  void refusesEverythingAfterClose() throws IOException {
    LanguageModel model = LanguageModel.load(new TinyLlama().writeTo(directory));
    model.adapt(new LoraConfig(4, 8));
    CausalLm<?> inner = model.model();
    PeftModel<? extends CausalLm<?>> peft = model.peft();
    Kernels kernels = peft.kernels();
    KeyValueCache cache = inner.cache(kernels, 64);
    Tensor trained = peft.trainable().values().iterator().next();
    Trainer<TokenBatch> trainer =
        new Trainer<>(peft, inner.objective(), new TrainingConfig(5, 1e-3));
    trainer.computeGradients(BATCH);
    CausalLm<?> merged = peft.merge();
    Tape t = Tape.inference(kernels);
    float[] logits = inner.logits(t, BATCH).value().toFloats();
    Tensor kept = inner.logits(t, BATCH);
    model.close();

    for (Runnable use :
        List.<Runnable>of(
            model::model,
            model::peft,
            model::texts,
            model::origin,
            () -> model.generate("a", 3),
            () -> model.adapt(new LoraConfig(2, 4)),
            () -> model.evaluate(List.of(BATCH)),
            () -> unchecked(() -> model.save(directory)),
            () -> unchecked(() -> model.merge(directory)))) {
      assertThatIllegalStateException().isThrownBy(use::run).withMessage("this model is closed");
    }
    for (Runnable use :
        List.<Runnable>of(
            () -> peft.activate("default"),
            peft::trainable,
            peft::merge,
            () -> peft.add(new AdapterSpec(new LoraConfig(2, 4), TargetModules.allLinear())))) {
      assertThatIllegalStateException()
          .isThrownBy(use::run)
          .withMessage("this PeftModel is closed");
    }
    for (Runnable use :
        List.<Runnable>of(
            () -> inner.logits(t, BATCH),
            () -> inner.hidden(t, new int[] {1}, cache),
            () -> new Generator(inner, kernels).generate(new int[] {1}, request()),
            () -> merged.logits(t, BATCH),
            () -> trained.value().toFloats(),
            () -> trainer.computeGradients(BATCH),
            trainer::applyGradients)) {
      assertThatIllegalStateException()
          .isThrownBy(use::run)
          .withMessage(
              "this memory is closed: it was part of a model, an adapter, a tape, a cache or a"
                  + " trainer that was closed");
    }
    trainer.close();
    cache.close();
    assertThat(kept.value().toFloats()).as("a tape has numbers of its own").isEqualTo(logits);
    t.close();
  }

  @Test
  void aTrainingOfAClosedModelEndsWithAnException() throws Exception {
    LanguageModel model = LanguageModel.load(new TinyLlama().writeTo(directory));
    model.adapt(new LoraConfig(4, 8));
    CountDownLatch training = new CountDownLatch(1);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread thread =
        new Thread(
            () -> {
              try (var trainer =
                  new Trainer<>(
                      model.peft(), model.model().objective(), new TrainingConfig(100_000, 1e-3))) {
                trainer.fit(
                    java.util.stream.Stream.generate(() -> BATCH).iterator(),
                    step -> training.countDown());
              } catch (RuntimeException e) {
                failure.set(e);
              }
            });
    thread.start();
    training.await();

    model.close();
    thread.join();

    assertThat(failure.get()).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aModelThatCannotBeLoadedHoldsNothing() throws Exception {
    Path folder = new TinyLlama().without("lm_head.weight").writeTo(directory);
    Function<Path, Throwable> failure =
        path -> {
          try {
            LanguageModel.load(path);
            return null;
          } catch (IOException | RuntimeException e) {
            return e;
          }
        };
    assertThat(failure.apply(folder)).isNotNull();
    NativeGarbage.free();
    long before = Pointer.totalBytes();

    assertThat(failure.apply(folder)).isNotNull();

    assertThat(Pointer.totalBytes()).isLessThanOrEqualTo(before);
  }

  private static Generator.Request request() {
    return new Generator.Request(3, Sampling.greedy(), java.util.Set.of());
  }

  private interface Body {
    void run() throws IOException;
  }

  private static void unchecked(Body body) {
    try {
      body.run();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
