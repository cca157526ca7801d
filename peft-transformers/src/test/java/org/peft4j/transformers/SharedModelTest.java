package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.kernel.DataType;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.transformers.checkpoint.Checkpoint;
import org.peft4j.transformers.generate.Generator;
import org.peft4j.transformers.generate.Sampling;
import org.peft4j.transformers.llama.TinyLlama;
import org.peft4j.transformers.model.CausalLm;
import org.peft4j.transformers.model.KeyValueCache;
import org.peft4j.transformers.model.TokenBatch;

/** Threads that share a model: each gets what it asked for, or an exception. */
class SharedModelTest {

  private static final int[] PROMPT = {3, 1, 4, 1, 5};
  private static final Generator.Request REQUEST =
      new Generator.Request(12, Sampling.greedy(), Set.of());

  @TempDir Path directory;
  private final ExecutorService other =
      Executors.newSingleThreadExecutor(body -> new Thread(body, "other"));
  private CausalLm<?> model;
  private PeftModel<? extends CausalLm<?>> peft;

  @BeforeEach
  void load() throws IOException {
    model = Checkpoint.load(new TinyLlama().writeTo(directory), DataType.FLOAT32).causalLm();
    peft = host(model);
    add("x");
    add("y");
  }

  private static <M extends CausalLm<M>> PeftModel<M> host(CausalLm<M> model) {
    return Peft.host(model.self());
  }

  /** An adapter that changes what the model says, always in the same way. */
  private void add(String name) {
    peft.add(new AdapterSpec(new LoraConfig(4, 8), TargetModules.allLinear()).named(name));
    Random random = new Random(name.hashCode());
    peft.parameters(name)
        .values()
        .forEach(
            tensor -> tensor.value().put(random.doubles(tensor.shape().length(), -1, 1).toArray()));
  }

  @AfterEach
  void stop() {
    other.shutdownNow();
  }

  @Test
  void eightThreadsThatChangeNothingGetWhatOneGets() throws Exception {
    peft.activate("x");
    int[] wanted = generate();

    List<int[]> found = inThreads(8, 10, this::generate);

    assertThat(found).hasSize(80).allSatisfy(tokens -> assertThat(tokens).isEqualTo(wanted));
  }

  @Test
  void threadsThatSwitchNeverGetEachOthersTexts() throws Exception {
    int[][] wanted = new int[2][];
    String[] names = {"x", "y"};
    for (int i = 0; i < 2; i++) {
      peft.activate(names[i]);
      wanted[i] = generate();
    }
    assertThat(wanted[0]).isNotEqualTo(wanted[1]);
    peft.handOver();
    AtomicInteger next = new AtomicInteger();
    AtomicInteger right = new AtomicInteger();
    AtomicInteger refused = new AtomicInteger();

    inThreads(
        8,
        25,
        () -> {
          int own = next.getAndIncrement() % 2;
          try {
            peft.activate(names[own]);
            assertThat(generate()).isEqualTo(wanted[own]);
            right.incrementAndGet();
            peft.handOver();
          } catch (IllegalStateException e) {
            refused.incrementAndGet();
          }
          return new int[0];
        });

    assertThat(right.get() + refused.get()).isEqualTo(200);
    assertThat(right).hasPositiveValue();
  }

  @Test
  void theFirstChoiceIsForAllThreads() throws Exception {
    peft.activate("x");

    assertThat(inOther(this::generate)).isEqualTo(generate());
  }

  @Test
  void aSwitchIsForTheThreadThatSwitchesUntilItHandsOver() throws Exception {
    peft.activate("x");
    peft.activate("y");
    String main = Thread.currentThread().getName();

    assertThatIllegalStateException()
        .isThrownBy(() -> inOther(this::generate))
        .withMessage(
            "thread %s has changed which adapters are active, so thread other cannot compute with this model: it might get other adapters than it wants; call PeftModel.handOver() in the first thread when it has done changing adapters, or give each thread a model of its own",
            main);
    assertThatIllegalStateException()
        .isThrownBy(
            () ->
                inOther(
                    () -> {
                      peft.activate("x");
                      return PROMPT;
                    }))
        .withMessage(
            "thread %s has changed which adapters are active, so thread other cannot change which are; call PeftModel.handOver() in the first thread when it has done changing adapters, or give each thread a model of its own",
            main);
    assertThatIllegalStateException()
        .isThrownBy(
            () ->
                inOther(
                    () -> {
                      peft.handOver();
                      return PROMPT;
                    }));

    peft.handOver();
    assertThat(inOther(this::generate)).isEqualTo(generate());
  }

  @Test
  void whoHasComputedWithTheBaseNeverGetsAnAdapterWithoutKnowing() throws Exception {
    inOther(this::generate);
    peft.activate("x");

    assertThatIllegalStateException().isThrownBy(() -> inOther(this::generate));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aTextInWhoseMiddleAnotherThreadSwitchesFails(boolean handsOver) throws Exception {
    peft.activate("x");
    int[] seen = new int[1];

    assertThatIllegalStateException()
        .isThrownBy(
            () ->
                new Generator(model, peft.kernels())
                    .generate(
                        PROMPT,
                        REQUEST,
                        token -> {
                          if (++seen[0] == 3) {
                            unchecked(
                                () ->
                                    inOther(
                                        () -> {
                                          peft.activate("y");
                                          if (handsOver) {
                                            peft.handOver();
                                          }
                                          return PROMPT;
                                        }));
                          }
                        }));
    assertThat(seen[0]).isEqualTo(3);
  }

  @Test
  void aPassInWhoseMiddleAnotherThreadWorksWithoutAdaptersFails() throws Exception {
    peft.activate("x");
    try (Tape t = Tape.inference(peft.kernels())) {
      var hidden = model.hidden(t, TokenBatch.of(List.of(PROMPT)));
      inOther(
          () -> {
            peft.whileDisabled(() -> {});
            return PROMPT;
          });

      assertThatIllegalStateException()
          .isThrownBy(() -> model.head(t, hidden))
          .withMessageStartingWith(
              "thread other has changed which adapters are active in the middle of a pass of thread"
                  + " %s, whose result would be a mixture;",
              Thread.currentThread().getName());
      t.reset();
      assertThat(model.logits(t, TokenBatch.of(List.of(PROMPT))).value().toFloats()).isNotEmpty();
    }
  }

  @Test
  void oneThreadMaySwitchAsItLikes() {
    peft.activate("x");
    int[] x = generate();
    peft.activate("y");
    int[] y = generate();
    peft.whileDisabled(() -> assertThat(generate()).isNotEqualTo(y));

    assertThat(generate()).isEqualTo(y).isNotEqualTo(x);
    peft.activate("x");
    assertThat(generate()).isEqualTo(x);
  }

  @Test
  void aThreadTakesOverFromOneThatHasEnded() throws InterruptedException {
    peft.activate("x");
    Thread ending = new Thread(() -> peft.activate("y"));
    ending.start();
    ending.join();

    assertThatIllegalStateException().isThrownBy(this::generate);
    peft.handOver();
    assertThat(generate()).hasSize(12);
  }

  @Test
  void adaptersMayComeWhileOthersCompute() throws Exception {
    peft.activate("x");
    int[] wanted = generate();
    inOther(this::generate);

    add("z");

    assertThat(inOther(this::generate)).isEqualTo(wanted);
  }

  @Test
  void aSecondPeftModelTakesTheModelOver() {
    peft.activate("x");
    int[] adapted = generate();
    PeftModel<? extends CausalLm<?>> second = host(model);

    assertThat(generate()).isNotEqualTo(adapted);
    for (Runnable use :
        List.<Runnable>of(
            () -> peft.activate("y"),
            peft::trainable,
            peft::merge,
            () -> peft.delete("x"),
            () -> peft.whileDisabled(() -> {}),
            () -> add("z"),
            peft::handOver)) {
      assertThatIllegalStateException()
          .isThrownBy(use::run)
          .withMessage(
              "another PeftModel was made for this model and has taken it over; a model belongs to"
                  + " one PeftModel at a time");
    }
    int[] base = generate();
    peft.close();
    assertThat(generate()).isEqualTo(base);
    second.close();
  }

  @Test
  void aSecondThreadOnOneCacheIsRefused() throws Exception {
    try (KeyValueCache cache = model.cache(peft.kernels(), 64);
        Tape t = Tape.inference(peft.kernels())) {
      assertThatIllegalStateException()
          .isThrownBy(
              () ->
                  cache.read(
                      t,
                      1,
                      () -> {
                        unchecked(
                            () ->
                                inOther(
                                    () -> {
                                      try (Tape own = Tape.inference(peft.kernels())) {
                                        model.hidden(own, PROMPT, cache);
                                      }
                                      return PROMPT;
                                    }));
                        throw new AssertionError("read by two threads");
                      }))
          .withMessage(
              "this cache is being read by another thread; give each sequence a cache of its own");
    }
  }

  private int[] generate() {
    return new Generator(model, peft.kernels()).generate(PROMPT, REQUEST);
  }

  private int[] inOther(Callable<int[]> body) throws Exception {
    try {
      return other.submit(body).get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IllegalStateException refusal ? refusal : e;
    }
  }

  private static void unchecked(Callable<int[]> body) {
    try {
      body.call();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static List<int[]> inThreads(int count, int times, Callable<int[]> body)
      throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(count);
    try {
      List<Future<int[]>> running = new ArrayList<>();
      for (int i = 0; i < count * times; i++) {
        running.add(threads.submit(body));
      }
      List<int[]> results = new ArrayList<>();
      for (Future<int[]> each : running) {
        results.add(each.get());
      }
      return results;
    } finally {
      threads.shutdown();
    }
  }
}
