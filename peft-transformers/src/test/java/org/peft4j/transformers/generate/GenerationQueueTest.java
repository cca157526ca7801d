package org.peft4j.transformers.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.peft4j.transformers.generate.Adapted.alone;
import static org.peft4j.transformers.generate.Adapted.request;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.PeftModel;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.kernel.DataType;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.testkit.NativeGarbage;
import org.peft4j.transformers.model.CausalLm;

/** In float64, which the plain kernels compute: what stands beside a text changes no bit of it. */
@Timeout(120)
class GenerationQueueTest {

  @TempDir Path directory;
  private PeftModel<? extends CausalLm<?>> peft;
  private GenerationQueue queue;

  @BeforeEach
  void start() throws IOException {
    peft = Adapted.model(directory, DataType.FLOAT64);
    queue = GenerationQueue.start(peft, Adapted::letters, 2);
  }

  @AfterEach
  void stop() {
    queue.close();
  }

  /** Holds the batch at a text's first token until it is let go. */
  private static final class Gate implements GenerationListener {
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch open = new CountDownLatch(1);

    @Override
    public boolean text(String piece) {
      reached.countDown();
      try {
        return open.await(60, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }

    void awaitReached() throws InterruptedException {
      assertThat(reached.await(60, TimeUnit.SECONDS)).isTrue();
    }

    void open() {
      open.countDown();
    }
  }

  @Test
  void manyThreadsGetWhatTheirTextsBecomeAlone() throws Exception {
    List<GenerationRequest> requests = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      Sampling sampling = new Sampling(i % 3 / 2.0, 0, 1, i);
      requests.add(
          request(1 + i * 5 % 37, 1 + i % 9, sampling)
              .through(new String[][] {{}, {"a"}, {"b"}, {"b", "a"}}[i % 4]));
    }
    ExecutorService threads = Executors.newFixedThreadPool(6);
    List<Future<Generated>> answers = new ArrayList<>();
    for (GenerationRequest request : requests) {
      answers.add(threads.submit(() -> queue.submit(request).join()));
    }
    threads.shutdown();

    for (int i = 0; i < requests.size(); i++) {
      assertThat(answers.get(i).get().tokens()).isEqualTo(alone(peft, requests.get(i)));
    }
  }

  @Test
  void textsEnterInTheirOrderAndAsSoonAsAnotherLeaves() {
    List<String> told = Collections.synchronizedList(new ArrayList<>());
    Gate gate = new Gate();
    CompletableFuture<Generated> first = queue.submit(request(3, 5), gate);
    List<CompletableFuture<Generated>> rest = new ArrayList<>();
    rest.add(queue.submit(request(4, 50), telling("long", told)));
    for (String name : List.of("second", "third", "fourth")) {
      rest.add(queue.submit(request(5, 3), telling(name, told)));
    }
    gate.open();
    first.join();
    rest.forEach(CompletableFuture::join);

    List<String> order = told.stream().distinct().toList();
    assertThat(order).containsExactly("long", "second", "third", "fourth");
    assertThat(told.lastIndexOf("long")).isGreaterThan(told.lastIndexOf("fourth"));
  }

  private static GenerationListener telling(String name, List<String> told) {
    return piece -> told.add(name);
  }

  @Test
  void aCancelledTextLeavesAndTheOthersGoOn() throws Exception {
    Gate gate = new Gate();
    CompletableFuture<Generated> cancelled = queue.submit(request(3, 90), gate);
    CompletableFuture<Generated> beside = queue.submit(request(4, 20));
    CompletableFuture<Generated> waiting = queue.submit(request(5, 10));
    CompletableFuture<Generated> never = queue.submit(request(6, 10));
    gate.awaitReached();
    cancelled.cancel(false);
    never.cancel(false);
    gate.open();

    assertThat(beside.join().tokens()).isEqualTo(alone(peft, request(4, 20)));
    assertThat(waiting.join().tokens()).isEqualTo(alone(peft, request(5, 10)));
    assertThatThrownBy(never::join).isInstanceOf(CancellationException.class);
  }

  @Test
  void whatAListenerThrowsEndsItsOwnTextOnly() {
    CompletableFuture<Generated> broken =
        queue.submit(
            request(3, 20),
            piece -> {
              throw new AssertionError("no reader");
            });
    CompletableFuture<Generated> beside = queue.submit(request(4, 20));

    assertThatThrownBy(broken::join)
        .isInstanceOf(CompletionException.class)
        .hasRootCauseMessage("no reader");
    assertThat(beside.join().tokens()).isEqualTo(alone(peft, request(4, 20)));
  }

  @Test
  void aTextKeepsTheAdapterItWasBegunWith() throws Exception {
    GenerationRequest throughA = request(3, 40, "a");
    List<Integer> wanted = alone(peft, throughA);
    Gate gate = new Gate();
    CompletableFuture<Generated> begun = queue.submit(throughA, gate);
    gate.awaitReached();
    peft.delete("a");
    CompletableFuture<Generated> beside = queue.submit(request(4, 5, "b"));
    Adapted.add(peft, new AdapterSpec(new LoraConfig(3, 9), TargetModules.allLinear()).named("a"));
    CompletableFuture<Generated> renewed = queue.submit(throughA);
    gate.open();

    assertThat(begun.join().tokens()).isEqualTo(wanted);
    assertThat(beside.join().tokens()).isEqualTo(alone(peft, request(4, 5, "b")));
    assertThat(renewed.join().tokens()).isEqualTo(alone(peft, throughA)).isNotEqualTo(wanted);
  }

  @Test
  void onlyTextsThroughAnAdapterThatIsGoneFail() throws Exception {
    Gate gate = new Gate();
    CompletableFuture<Generated> held = queue.submit(request(3, 5), gate);
    CompletableFuture<Generated> gone = queue.submit(request(3, 5, "a"));
    CompletableFuture<Generated> beside = queue.submit(request(4, 9, "b"));
    gate.awaitReached();
    peft.delete("a");
    gate.open();

    held.join();
    assertThatThrownBy(gone::join).hasRootCauseMessage("there is no adapter a; there are [b]");
    assertThat(beside.join().tokens()).isEqualTo(alone(peft, request(4, 9, "b")));
  }

  @Test
  void onlyTextsThroughAnAdapterThatIsBeingTrainedFail() throws Exception {
    Gate gate = new Gate();
    CompletableFuture<Generated> first = queue.submit(request(3, 5, "a"), gate);
    CompletableFuture<Generated> beside = queue.submit(request(4, 9, "b"));
    gate.awaitReached();
    gate.open();
    first.handle((generated, failure) -> failure).join();
    beside.join();
    peft.with("a").beginWork();

    CompletableFuture<Generated> through = queue.submit(request(3, 5, "a"));
    CompletableFuture<Generated> other = queue.submit(request(4, 9, "b"));

    assertThatThrownBy(through::join).hasMessageContaining("is training adapter a");
    assertThat(other.join().tokens()).isEqualTo(alone(peft, request(4, 9, "b")));
    peft.with("a").endWork();
  }

  @Test
  void closingEndsWhatIsNotDone() throws Exception {
    Gate gate = new Gate();
    CompletableFuture<Generated> begun = queue.submit(request(3, 90), gate);
    CompletableFuture<Generated> waiting = queue.submit(request(4, 90));
    gate.awaitReached();
    Thread closing = new Thread(queue::close);
    closing.start();
    while (closing.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
    gate.open();
    closing.join();

    for (CompletableFuture<Generated> unfinished : List.of(begun, waiting)) {
      assertThatThrownBy(unfinished::join)
          .hasCauseInstanceOf(IllegalStateException.class)
          .hasMessageContaining(
              "the generation queue was closed before this text was done; wait for the futures of"
                  + " all texts before closing it");
    }
    assertThatThrownBy(() -> queue.submit(request(3, 5)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("this generation queue is closed; start another one");
  }

  @Test
  void mayBeClosedByAListener() {
    CompletableFuture<Generated> closing =
        queue.submit(
            request(3, 50),
            piece -> {
              queue.close();
              return true;
            });

    assertThatThrownBy(closing::join).hasMessageContaining("closed before this text was done");
  }

  @Test
  void refusesWhatCannotBeComputedWhenItIsHandedIn() {
    assertThatThrownBy(() -> queue.submit(request(97, 5)))
        .hasMessage(
            "the prompt has 97 tokens but the model takes at most 96; leave out its beginning");
    assertThatThrownBy(() -> queue.submit(request(5, 5, "c")))
        .hasMessage("there is no adapter c; there are [a, b]");
    assertThatThrownBy(() -> GenerationQueue.start(peft, Adapted::letters, 0))
        .hasMessage("maxRows must be at least 1 but was 0");
  }

  @Test
  void textsFailWhenTheModelIsClosed() throws Exception {
    Gate gate = new Gate();
    CompletableFuture<Generated> begun = queue.submit(request(3, 90, "a"), gate);
    gate.awaitReached();
    peft.close();
    gate.open();

    assertThatThrownBy(begun::join).hasRootCauseInstanceOf(IllegalStateException.class);
  }

  @Test
  void aTextThatHasLeftHoldsNoMemory() throws Exception {
    queue.submit(request(3, 90, "a")).join();
    queue.close();
    NativeGarbage.free();
    long before = Pointer.totalBytes();
    queue = GenerationQueue.start(peft, Adapted::letters, 2);
    Gate gate = new Gate();
    CompletableFuture<Generated> staying = queue.submit(request(4, 90), gate);
    gate.awaitReached();
    long oneText = Pointer.totalBytes() - before;
    gate.open();
    for (int i = 0; i < 20; i++) {
      queue.submit(request(3, 20, "a")).join();
    }
    staying.join();
    queue.close();

    assertThat(oneText).isPositive();
    assertThat(Pointer.totalBytes()).isLessThanOrEqualTo(before);
    assertThat(peft.with("a").trainable()).isNotEmpty();
    try (Tape t = peft.with("a").training()) {
      assertThat(t.isTraining()).isTrue();
    }
  }
}
