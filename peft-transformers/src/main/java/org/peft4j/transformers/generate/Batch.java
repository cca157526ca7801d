package org.peft4j.transformers.generate;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.Buffer;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.transformers.model.CausalLm;
import org.peft4j.transformers.model.KeyValueCache;

/**
 * Texts that are continued together. A text enters with a pass over its prompt; after that a step
 * is one pass over the newest token of each, so that weights are read once for all. For one thread.
 */
final class Batch implements AutoCloseable {

  private final BatchModel model;
  private final Tape memory;
  private final List<Continuation> texts = new ArrayList<>();
  private List<Object> rows = List.of();
  private @Nullable Tape tape;

  Batch(BatchModel model) {
    this.model = model;
    this.memory = Tape.inference(model.peft().kernels());
  }

  /** How many texts are in it. */
  int size() {
    return texts.size();
  }

  /** Reads a prompt and chooses the first token after it. */
  void enter(Continuation text) {
    texts.add(text);
    text.alone(
        () -> {
          if (!text.isDone()) {
            text.begin(model);
          }
          if (!text.isDone()) {
            readPrompt(text);
          }
        });
    dropDone();
  }

  private void readPrompt(Continuation text) {
    try (Tape t = text.adapters().adapted().inference()) {
      int[] prompt = text.unread();
      Buffer hidden = causal().hidden(t, prompt, text.cache()).value();
      text.take(scores(t, hidden.rows(prompt.length - 1, prompt.length)).get(0));
    }
  }

  private CausalLm<?> causal() {
    return model.model();
  }

  /** Chooses the next token of every text. */
  void step() {
    dropDone();
    if (!texts.isEmpty()) {
      advance(List.copyOf(texts));
    }
    dropDone();
  }

  /**
   * A pass that fails, such as one whose adapters cannot be mixed, is tried again in parts: by
   * adapters, then text by text, to find the one that cannot go on.
   */
  private void advance(List<Continuation> together) {
    List<double[]> scores;
    try {
      scores = nextScores(together);
    } catch (RuntimeException e) {
      if (together.size() == 1) {
        together.get(0).fail(e);
      } else {
        parts(together).forEach(this::advance);
      }
      return;
    } catch (Error e) {
      together.forEach(text -> text.fail(e));
      return;
    }
    for (int i = 0; i < scores.size(); i++) {
      together.get(i).take(scores.get(i));
    }
  }

  private static Collection<List<Continuation>> parts(List<Continuation> together) {
    Collection<List<Continuation>> byAdapters =
        together.stream()
            .collect(
                Collectors.groupingBy(
                    text -> text.adapters().key(), LinkedHashMap::new, Collectors.toList()))
            .values();
    return byAdapters.size() > 1 ? byAdapters : together.stream().map(List::of).toList();
  }

  private List<double[]> nextScores(List<Continuation> together) {
    Tape t = tape(together.stream().map(Continuation::adapters).toList());
    try {
      int[] tokens = together.stream().mapToInt(text -> text.unread()[0]).toArray();
      List<KeyValueCache> caches = together.stream().map(Continuation::cache).toList();
      return scores(t, causal().hidden(t, tokens, caches).value());
    } finally {
      t.reset();
    }
  }

  private List<double[]> scores(Tape t, Buffer hidden) {
    Buffer scores = causal().head(t, Tensor.of(hidden)).value();
    return IntStream.range(0, scores.rows())
        .mapToObj(i -> scores.rows(i, i + 1).toDoubles())
        .toList();
  }

  /** Kept as long as the rows stay the same. */
  private Tape tape(List<HeldAdapters> adapters) {
    List<Object> wanted = adapters.stream().map(HeldAdapters::key).toList();
    if (tape == null || !rows.equals(wanted)) {
      closeTape();
      tape = HeldAdapters.tape(adapters, memory);
      rows = wanted;
    }
    return tape;
  }

  private void closeTape() {
    if (tape != null) {
      tape.close();
      tape = null;
    }
  }

  private void dropDone() {
    texts.removeIf(
        text -> {
          if (text.isDone()) {
            text.close();
          }
          return text.isDone();
        });
  }

  /** Ends all that is in it. */
  void fail(Throwable cause) {
    texts.forEach(text -> text.fail(cause));
    texts.clear();
  }

  @Override
  public void close() {
    closeTape();
    memory.close();
  }
}
