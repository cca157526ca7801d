package org.peft4j.calibrate;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.peft4j.adapter.InputObserver;
import org.peft4j.adapter.InputRows;
import org.peft4j.adapter.InputStatistic;
import org.peft4j.adapter.RowMarks;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Kernels;
import org.peft4j.tensor.Tensor;

/** Gathers one statistic of the inputs of several layers. */
final class InputWatch {

  private final InputStatistic statistic;
  private final int rank;
  private final Kernels kernels;
  private final Map<String, InputObserver> byLayer = new LinkedHashMap<>();
  private final Map<InputObserver, Tensor> lastSeen = new IdentityHashMap<>();
  private final Map<Tensor, InputObserver> byInput = new IdentityHashMap<>();
  private boolean active = true;
  private RowMarks marks = RowMarks.all(0);

  /**
   * @param rank the largest that a layer wants
   */
  InputWatch(InputStatistic statistic, int rank, Kernels kernels) {
    this.statistic = statistic;
    this.rank = rank;
    this.kernels = kernels;
  }

  InputStatistic statistic() {
    return statistic;
  }

  void beginBatch(RowMarks marks) {
    this.marks = marks;
    byInput.clear();
  }

  /** The data begin again: what wants to see them once has seen them. */
  void beginAgain() {
    active = statistic.repeats();
  }

  /** Whether the data have to be shown again. */
  boolean wantsMore() {
    return statistic.repeats() && !isSettled();
  }

  boolean isSettled() {
    return statistic.isSettled(byLayer);
  }

  /** A layer sees its input. Layers that see the same object share an observer. */
  void see(String layer, Tensor x) {
    if (active) {
      InputObserver observer = byLayer.computeIfAbsent(layer, any -> observer(x));
      byInput.putIfAbsent(x, observer);
      if (lastSeen.put(observer, x) != x) {
        observer.add(new InputRows(x.value(), marksFor(x), kernels));
      }
    }
  }

  private InputObserver observer(Tensor x) {
    @Nullable InputObserver shared = byInput.get(x);
    return shared == null ? statistic.observe(x.shape().columns(), rank) : shared;
  }

  private RowMarks marksFor(Tensor x) {
    int rows = x.shape().rows();
    return rows == marks.rows() ? marks : RowMarks.all(rows);
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

  /** Those of {@code layers} that saw nothing. */
  List<String> unseen(List<String> layers) {
    List<String> unseen = new ArrayList<>(layers);
    unseen.removeAll(byLayer.keySet());
    return unseen;
  }
}
