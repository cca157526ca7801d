package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.PeftModel;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.io.CheckedTensors;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.FrozenWeight;
import org.peft4j.kernel.HostMemory;
import org.peft4j.kernel.KernelSets;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Memory;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;
import org.peft4j.store.StoredAdapter;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.Shared;
import org.peft4j.train.AdamWSettings;
import org.peft4j.train.FlatParameters;
import org.peft4j.train.OptimizerState;
import org.peft4j.train.RateFactors;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;
import org.peft4j.transformers.checkpoint.Checkpoint;
import org.peft4j.transformers.checkpoint.LoadedModel;
import org.peft4j.transformers.generate.GenerationQueue;
import org.peft4j.transformers.generate.GenerationRequest;
import org.peft4j.transformers.generate.Generator;
import org.peft4j.transformers.generate.Sampling;
import org.peft4j.transformers.llama.TinyLlama;
import org.peft4j.transformers.model.CausalLm;
import org.peft4j.transformers.model.KeyValueCache;
import org.peft4j.transformers.model.TokenBatch;
import org.peft4j.transformers.text.ModelTexts;
import org.peft4j.transformers.text.Tokenizer;

/**
 * Every public type that can be closed: twice, used afterwards, used by another thread. A new one
 * has to be entered here.
 */
class EveryCloseableTest {

  private static final Kernels KERNELS = KernelSets.forType(DataType.FLOAT32);

  @TempDir static Path directory;

  /** Something open and one way to use it. */
  private record Opened(AutoCloseable part, Body use) {}

  private static <T extends AutoCloseable> Callable<Opened> subject(
      Opening<T> opening, Use<T> use) {
    return () -> {
      T part = opening.open();
      return new Opened(part, () -> use.run(part));
    };
  }

  private interface Opening<T> {
    T open() throws Exception;
  }

  private interface Use<T> {
    void run(T opened) throws Exception;
  }

  private static final Map<Class<?>, Callable<Opened>> SUBJECTS =
      Map.ofEntries(
          Map.entry(
              HostMemory.class,
              subject(() -> HostMemory.allocate(DataType.FLOAT32, 4), HostMemory::address)),
          Map.entry(
              Memory.class,
              subject(() -> HostMemory.allocate(DataType.FLOAT32, 4), HostMemory::address)),
          Map.entry(
              FrozenWeight.class,
              subject(
                  () -> KERNELS.freeze(buffer(128)),
                  weight -> weight.apply(buffer(128), Write.SET, buffer(128)))),
          Map.entry(
              Tape.class,
              subject(
                  () -> Tape.training(KERNELS),
                  tape -> {
                    tape.add(tensor(), tensor());
                    tape.reset();
                  })),
          Map.entry(
              OptimizerState.class,
              subject(EveryCloseableTest::optimizer, state -> state.update(0.1, 1))),
          Map.entry(
              Trainer.class,
              subject(
                  () -> {
                    PeftModel<? extends CausalLm<?>> peft = model().peft();
                    return new Trainer<>(
                        peft, peft.model().objective(), new TrainingConfig(9, 1e-3));
                  },
                  trainer -> {
                    trainer.computeGradients(batch());
                    trainer.applyGradients();
                  })),
          Map.entry(
              Safetensors.class,
              subject(
                  () -> Safetensors.openModel(new TinyLlama().writeTo(directory)),
                  file -> file.read("lm_head.weight", DataType.FLOAT64))),
          Map.entry(
              StoredAdapter.class,
              subject(
                  () ->
                      StoredAdapter.open(
                          Shared.require("data/stories260K-peft/lora_r8_all"), "stored"),
                  stored ->
                      stored.read("model.layers.0.mlp.down_proj.lora_A.weight", DataType.FLOAT32))),
          Map.entry(
              CheckedTensors.class,
              subject(
                  () -> new CheckedTensors(Map.of(), Map.of("a", buffer(2))),
                  checked -> checked.tensors().get("a").toFloats())),
          Map.entry(
              PeftModel.class,
              EveryCloseableTest.<PeftModel<?>>subject(() -> model().peft(), PeftModel::merge)),
          Map.entry(
              LoadedModel.class, subject(EveryCloseableTest::loaded, EveryCloseableTest::compute)),
          Map.entry(
              KeyValueCache.class,
              subject(
                  () -> loaded().causalLm().cache(KERNELS, 64),
                  cache -> {
                    try (Tape t = Tape.inference(KERNELS)) {
                      loaded().causalLm().hidden(t, new int[] {1}, cache);
                    }
                  })),
          Map.entry(
              GenerationQueue.class,
              subject(
                  () -> GenerationQueue.start(model().peft(), ids -> "", 2),
                  queue -> queue.submit(request()).join())),
          Map.entry(
              LanguageModel.class,
              subject(EveryCloseableTest::model, model -> model.evaluate(List.of(batch())))),
          Map.entry(
              TextClassifier.class,
              subject(
                  () -> TextClassifier.load(stories(), "a", "b"), each -> each.predict("a cat"))),
          Map.entry(
              Tokenizer.class,
              subject(() -> Tokenizer.load(stories()), tokenizer -> tokenizer.encode("cat"))),
          Map.entry(
              ModelTexts.class,
              subject(() -> new ModelTexts(stories()), texts -> texts.encode("cat"))));

  static List<Class<?>> types() {
    return List.copyOf(SUBJECTS.keySet());
  }

  @Test
  void thereIsNoOther() {
    Set<String> found =
        new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("org.peft4j")
                .stream()
                .filter(type -> type.isAssignableTo(AutoCloseable.class))
                .filter(EveryCloseableTest::isPublic)
                // Tests of other modules come in a jar, which looks like the library's.
                .filter(type -> !type.getPackageName().startsWith("org.peft4j.testkit"))
                .map(JavaClass::getName)
                .collect(Collectors.toCollection(TreeSet::new));

    assertThat(found)
        .containsExactlyInAnyOrderElementsOf(types().stream().map(Class::getName).toList());
  }

  private static boolean isPublic(JavaClass type) {
    return type.getModifiers().contains(JavaModifier.PUBLIC)
        && type.getEnclosingClass().map(EveryCloseableTest::isPublic).orElse(true);
  }

  @ParameterizedTest
  @MethodSource("types")
  void closesTwiceAndRefusesToBeUsedAfterwards(Class<?> type) throws Exception {
    Opened opened = SUBJECTS.get(type).call();
    opened.use().run();

    opened.part().close();
    opened.part().close();

    assertThatIllegalStateException().isThrownBy(opened.use()::run).withMessageContaining("closed");
  }

  @ParameterizedTest
  @MethodSource("types")
  void isClosedByAnotherThreadAndRefusesThenToo(Class<?> type) throws Exception {
    Opened opened = SUBJECTS.get(type).call();
    opened.use().run();

    inAnotherThread(opened.part()::close);

    assertThatIllegalStateException().isThrownBy(opened.use()::run).withMessageContaining("closed");
  }

  @ParameterizedTest
  @MethodSource("types")
  void isUsedByOneThreadAfterAnother(Class<?> type) throws Exception {
    Opened opened = SUBJECTS.get(type).call();
    opened.use().run();
    inAnotherThread(opened.use());
    opened.use().run();
    opened.part().close();
  }

  private interface Body {
    void run() throws Exception;
  }

  private static void inAnotherThread(Body body) throws Exception {
    FutureTask<Boolean> task =
        new FutureTask<>(
            () -> {
              body.run();
              return true;
            });
    new Thread(task).start();
    try {
      task.get();
    } catch (ExecutionException e) {
      throw new AssertionError("refused in another thread", e.getCause());
    }
  }

  private static OptimizerState optimizer() {
    Tensor trained = Tensor.parameter(buffer(4));
    FlatParameters parameters = new FlatParameters(Map.of("w", trained), KERNELS);
    return new AdamWSettings().start(parameters, KERNELS, RateFactors.NONE);
  }

  private static LanguageModel model() throws IOException {
    LanguageModel model = LanguageModel.load(new TinyLlama().writeTo(directory));
    model.adapt(new LoraConfig(4, 8));
    return model;
  }

  private static GenerationRequest request() {
    return new GenerationRequest(
        new int[] {3, 1}, new Generator.Request(2, Sampling.greedy(), Set.of()));
  }

  private static LoadedModel loaded() throws IOException {
    return Checkpoint.load(new TinyLlama().writeTo(directory), DataType.FLOAT32);
  }

  private static void compute(LoadedModel loaded) {
    try (Tape t = Tape.inference(KERNELS)) {
      loaded.causalLm().logits(t, batch());
    }
  }

  private static TokenBatch batch() {
    return TokenBatch.of(List.of(new int[] {3, 1, 4, 1, 5}));
  }

  private static Path stories() {
    return Shared.require("data/stories260K-hf");
  }

  private static Tensor tensor() {
    return Tensor.of(buffer(2));
  }

  private static Buffer buffer(int size) {
    Buffer buffer = Buffer.allocate(DataType.FLOAT32, Shape.of(size, size));
    buffer.put(new float[size * size]);
    return buffer;
  }
}
