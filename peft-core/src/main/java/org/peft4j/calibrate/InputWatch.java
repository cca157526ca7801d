package org.peft4j.calibrate;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.peft4j.initializer.InputObserver;
import org.peft4j.initializer.InputPositions;
import org.peft4j.initializer.InputStatistic;
import org.peft4j.initializer.PositionMarks;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Kernels;
import org.peft4j.tensor.Tensor;

/** Gathers one statistic of the inputs of several layers. */
final class InputWatch {

  private final InputStatistic statistic;
  private final Map<String, Integer> asked;
  private final Kernels kernels;
  private final Map<String, InputObserver> byLayer = new LinkedHashMap<>();
  private final Map<InputObserver, Tensor> lastSeen = new IdentityHashMap<>();
  private final Map<Tensor, InputObserver> byInput = new IdentityHashMap<>();
  private boolean active = true;
  private boolean settled;
  private PositionMarks marks = PositionMarks.all(0);

  /**
   * @param asked the rank that each layer wants
   */
  InputWatch(InputStatistic statistic, Map<String, Integer> asked, Kernels kernels) {
    this.statistic = statistic;
    this.asked = Collections.unmodifiableMap(asked);
    this.kernels = kernels;
  }

  InputStatistic statistic() {
    return statistic;
  }

  void beginBatch(PositionMarks marks) {
    this.marks = marks;
    byInput.clear();
  }

  void endBatch() {
    if (active) {
      settled = statistic.isSettled(asked, Collections.unmodifiableMap(byLayer));
    }
  }

  /** The data begin again: what wants to see them once has seen them. */
  void beginAgain() {
    active = statistic.repeats();
  }

  /** Whether the data have to be shown again. */
  boolean wantsMore() {
    return statistic.repeats() && !settled;
  }

  /** Whether no batch could tell it anything more. */
  boolean isDone() {
    return settled || !active;
  }

  /** A layer sees its input. Layers that see the same object share an observer. */
  void see(String layer, Tensor x) {
    if (active) {
      InputObserver observer = byLayer.computeIfAbsent(layer, any -> observer(x));
      byInput.putIfAbsent(x, observer);
      if (lastSeen.put(observer, x) != x) {
        add(layer, observer, new InputPositions(x.value(), marksFor(x), kernels));
      }
    }
  }

  private static void add(String layer, InputObserver observer, InputPositions rows) {
    try {
      observer.add(rows);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(layer + ": " + e.getMessage(), e);
    }
  }

  private InputObserver observer(Tensor x) {
    @Nullable InputObserver shared = byInput.get(x);
    return shared == null
        ? statistic.observe(x.shape().columns(), Collections.max(asked.values()))
        : shared;
  }

  private PositionMarks marksFor(Tensor x) {
    int rows = x.shape().rows();
    return rows == marks.count() ? marks : PositionMarks.all(rows);
  }

  /** What was found out, by layer; layers that share their input share it. */
  Map<String, Map<String, Buffer>> results() {
    Map<InputObserver, Map<String, Buffer>> byObserver = new IdentityHashMap<>();
    Map<String, Map<String, Buffer>> results = new LinkedHashMap<>();
    byLayer.forEach(
        (layer, observer) ->
            results.put(
                layer, byObserver.computeIfAbsent(observer, any -> result(layer, observer))));
    return results;
  }

  private static Map<String, Buffer> result(String layer, InputObserver observer) {
    try {
      return observer.result();
    } catch (IllegalStateException e) {
      throw new IllegalStateException(layer + ": " + e.getMessage(), e);
    }
  }

  /** The layers that were to be watched and saw nothing. */
  List<String> unseen() {
    List<String> unseen = new ArrayList<>(asked.keySet());
    unseen.removeAll(byLayer.keySet());
    return unseen;
  }
}
