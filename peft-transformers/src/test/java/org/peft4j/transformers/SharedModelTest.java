package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.AdaptedModel;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.kernel.DataType;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;
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
  void everyCallGetsTheAdapterThatItNames() throws Exception {
    Map<String, int[]> wanted = wanted();
    AtomicInteger next = new AtomicInteger();

    List<int[]> found =
        inThreads(
            8,
            25,
            () -> {
              String own = List.of("x", "y", PeftModel.BASE).get(next.getAndIncrement() % 3);
              assertThat(generate(view(own))).isEqualTo(wanted.get(own));
              return PROMPT;
            });

    assertThat(found).hasSize(200);
    assertThat(new HashSet<>(wanted.values().stream().map(Arrays::toString).toList())).hasSize(3);
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
            "thread %s has changed which adapters are active, so thread other cannot compute with them; name the adapters for each call (PeftModel.with), or call PeftModel.handOver() in the first thread when it has done changing them",
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
            "thread %s has changed which adapters are active, so thread other cannot change them; name the adapters for each call (PeftModel.with), or call PeftModel.handOver() in the first thread when it has done changing them",
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

  @Test
  void aTextEndsWithTheAdaptersThatItBeganWith() throws Exception {
    Map<String, int[]> wanted = wanted();
    Path folder = directory.resolve("saved");
    peft.with("y").save(folder);
    peft.activate("x");
    List<Callable<int[]>> changes =
        List.of(
            () -> changed(() -> peft.activate("y")),
            () -> changed(() -> peft.scale("x", 3)),
            () -> changed(() -> peft.replace(folder.resolve("y"), "x")),
            () -> changed(() -> peft.delete("x")));
    int[] seen = new int[1];

    int[] found =
        new Generator(peft.current())
            .generate(
                PROMPT,
                REQUEST,
                token -> {
                  if (seen[0] < changes.size()) {
                    unchecked(() -> inOther(changes.get(seen[0])));
                  }
                  seen[0]++;
                });

    assertThat(found).isEqualTo(wanted.get("x"));
    assertThat(peft.adapters()).containsExactly("y");
  }

  private static int[] changed(Change change) throws Exception {
    change.run();
    return PROMPT;
  }

  private interface Change {
    void run() throws Exception;
  }

  @Test
  void anAdapterIsFreedWhenTheLastTapeThatGoesThroughItIsClosed() {
    Tensor trained = peft.parameters("x").values().iterator().next();
    Tape first = peft.with("x").inference();
    Tape second = peft.perRow(List.of("x", PeftModel.BASE)).inference();

    peft.delete("x");
    first.close();
    assertThat(trained.value().toFloats()).isNotEmpty();
    second.close();

    assertThatIllegalStateException().isThrownBy(() -> trained.value().toFloats());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> peft.with("x"))
        .withMessage("there is no adapter x; there are [y]");
  }

  @Test
  void aViewGoesWithWhatHasReplacedItsAdapter() throws IOException {
    Map<String, int[]> wanted = wanted();
    Path folder = directory.resolve("saved");
    peft.with("y").save(folder);
    AdaptedModel<? extends CausalLm<?>> view = peft.with("x");
    assertThat(generate(view)).isEqualTo(wanted.get("x"));

    peft.replace(folder.resolve("y"), "x");

    assertThat(generate(view)).isEqualTo(wanted.get("y"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> peft.replace(folder.resolve("y"), "z"))
        .withMessage("there is no adapter z; there are [x, y]");
  }

  @Test
  void nobodyElseComputesWithAnAdapterWhileItTrains() throws Exception {
    String main = Thread.currentThread().getName();
    int[] wanted = generate(peft.with("y"));

    train(
        "x",
        step -> {
          assertThatIllegalStateException()
              .isThrownBy(() -> inOther(() -> generate(peft.with("x"))))
              .withMessage(
                  "thread %s is training adapter x at this moment, so a pass of thread other cannot go through it; save it and load what was saved under another name for the others",
                  main);
          assertThatIllegalStateException()
              .isThrownBy(() -> inOther(() -> changed(() -> train("x", other -> {}))))
              .withMessage(
                  "a trainer is at work in thread %s, so it cannot let another one have its tensors; call stop() and wait until fit has returned",
                  main);
          unchecked(
              () ->
                  changed(
                      () -> assertThat(inOther(() -> generate(peft.with("y")))).isEqualTo(wanted)));
          assertThat(generate(peft.with("x"))).hasSize(12);
        });

    assertThat(inOther(() -> generate(peft.with("x")))).hasSize(12);
  }

  @Test
  void anAdapterDoesNotTrainInTheMiddleOfAnotherThreadsPass() throws Exception {
    try (Tape t = peft.with("x").inference()) {
      model.hidden(t, TokenBatch.of(List.of(PROMPT)));

      assertThatIllegalStateException()
          .isThrownBy(() -> inOther(() -> changed(() -> train("x", step -> {}))))
          .withMessage(
              "thread %s is in the middle of a pass through adapter x, so thread other cannot train it; let that end (Tape.reset) before, or train an adapter of another name",
              Thread.currentThread().getName());
      t.reset();
      inOther(() -> changed(() -> train("x", step -> {})));
    }
  }

  /** Eight steps, the same each time. */
  private List<double[]> train(String name, IntConsumer listener) {
    TokenBatch batch = TokenBatch.of(List.of(PROMPT, new int[] {2, 7, 1, 8, 2}));
    try (Trainer<TokenBatch> trainer =
        new Trainer<>(peft.with(name), model.objective(), new TrainingConfig(8, 1e-2))) {
      double[] losses =
          trainer
              .fit(Stream.generate(() -> batch).iterator(), step -> listener.accept(step.step()))
              .losses();
      List<double[]> result = new ArrayList<>(List.of(losses));
      peft.parameters(name).values().forEach(each -> result.add(each.value().toDoubles()));
      return result;
    }
  }

  @Test
  void sixteenThreadsAndATrainingDoNotDisturbEachOther() throws Exception {
    add("z");
    add("trained");
    peft.with("trained").save(directory.resolve("before"));
    Path[] versions = {directory.resolve("first"), directory.resolve("second")};
    peft.with("x").save(versions[0]);
    peft.with("y").save(versions[1]);
    Map<String, int[]> wanted = wanted();
    wanted.put("z", generate(peft.with("z")));
    List<double[]> alone = train("trained", step -> {});
    peft.replace(directory.resolve("before/trained"), "trained");
    peft.load(versions[0].resolve("x"), "swapped");
    AtomicBoolean ended = new AtomicBoolean();
    List<Future<?>> running = new ArrayList<>();
    ExecutorService threads = Executors.newFixedThreadPool(16);
    try {
      Future<List<double[]>> training = threads.submit(() -> train("trained", step -> {}));
      Future<?> swapping =
          threads.submit(
              () -> {
                for (int i = 1; !ended.get(); i++) {
                  peft.replace(versions[i % 2].resolve(i % 2 == 0 ? "x" : "y"), "swapped");
                }
                return null;
              });
      List<String> names = List.of("x", "y", "z", PeftModel.BASE, "swapped");
      for (int i = 0; i < 14; i++) {
        String name = names.get(i % names.size());
        running.add(
            threads.submit(
                () -> {
                  for (int turn = 0; turn < 20; turn++) {
                    int[] found = generate(view(name));
                    assertThat(found)
                        .isIn(
                            name.equals("swapped")
                                ? List.of(wanted.get("x"), wanted.get("y"))
                                : List.of(wanted.get(name)));
                  }
                  return null;
                }));
      }
      for (Future<?> each : running) {
        each.get();
      }
      ended.set(true);
      swapping.get();
      List<double[]> beside = training.get();
      assertThat(beside).hasSameSizeAs(alone);
      for (int i = 0; i < alone.size(); i++) {
        assertThat(beside.get(i)).isEqualTo(alone.get(i));
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void oneThreadMaySwitchAsItLikes() {
    peft.activate("x");
    int[] x = generate();
    peft.activate("y");
    int[] y = generate();
    assertThat(generate(peft.base())).isNotEqualTo(y);

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
  void aModelMayHaveAdaptersOfSeveralPeftModels() {
    int[] adapted = generate(peft.with("x"));
    int[] base = generate(peft.base());
    try (PeftModel<? extends CausalLm<?>> second = host(model)) {
      assertThat(second.adapters()).isEmpty();
      assertThat(generate(second.base())).isEqualTo(base);
    }
    assertThat(generate(peft.with("x"))).isEqualTo(adapted).isNotEqualTo(base);
  }

  @Test
  void aSecondThreadOnOneCacheIsRefused() throws Exception {
    try (KeyValueCache cache = model.cache(peft.kernels(), 64);
        Tape t = peft.inference()) {
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
                                      try (Tape own = peft.inference()) {
                                        model.hidden(own, PROMPT, cache);
                                      }
                                      return PROMPT;
                                    }));
                        throw new AssertionError("read by two threads");
                      }))
          .withMessage("this cache is being read already; give each sequence a cache of its own");
    }
  }

  private int[] generate() {
    return generate(peft.current());
  }

  private static int[] generate(AdaptedModel<? extends CausalLm<?>> adapted) {
    return new Generator(adapted).generate(PROMPT, REQUEST);
  }

  private AdaptedModel<? extends CausalLm<?>> view(String name) {
    return name.equals(PeftModel.BASE) ? peft.base() : peft.with(name);
  }

  /** What one thread gets. */
  private Map<String, int[]> wanted() {
    Map<String, int[]> wanted = new HashMap<>();
    for (String name : List.of("x", "y", PeftModel.BASE)) {
      wanted.put(name, generate(view(name)));
    }
    return wanted;
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
