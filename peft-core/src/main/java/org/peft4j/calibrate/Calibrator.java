package org.peft4j.calibrate;

import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.peft4j.adapter.Adapter;
import org.peft4j.initializer.GradientStatistic;
import org.peft4j.initializer.InputStatistic;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Kernels;
import org.peft4j.nn.ActiveAdapters;
import org.peft4j.nn.AdapterHost;
import org.peft4j.nn.LayerAdapters;
import org.peft4j.tensor.Tape;
import org.peft4j.train.Loss;

/**
 * Lets the batches of a calibration pass through a model and gathers what was asked for: one pass
 * serves every layer and every statistic. Gradients are computed only where somebody asked for
 * them.
 *
 * @param <B> a batch
 */
public final class Calibrator<B> {

  private final Calibration<B> calibration;
  private final Map<String, AdapterHost> hosts;
  private final Kernels kernels;
  private final BiConsumer<Integer, Integer> progress;

  /**
   * @param hosts the layers of the model that may be asked about, by path
   * @param kernels those that the model computes with
   * @param progress is given, after each batch, the number of batches so far and at the very most
   */
  public Calibrator(
      Calibration<B> calibration,
      Map<String, AdapterHost> hosts,
      Kernels kernels,
      BiConsumer<Integer, Integer> progress) {
    this.calibration = calibration;
    this.hosts = hosts;
    this.kernels = kernels;
    this.progress = progress;
  }

  /**
   * Gathers from the model without adapters.
   *
   * @param wanted what to find out, by layer
   * @throws IllegalArgumentException if there are no batches, a layer saw none of them or got no
   *     gradient from them
   * @throws IllegalStateException if a loss is not a finite number
   */
  public Statistics gather(Map<String, List<Wanted>> wanted) {
    Collection<InputWatch> inputs = inputWatches(wanted);
    Map<String, GradientWatch> gradients = gradientWatches(wanted);
    Map<AdapterHost, LayerAdapters> taps = new IdentityHashMap<>();
    wanted.forEach(
        (path, all) ->
            taps.put(host(path), LayerAdapters.chain(List.of(tap(path, all, inputs, gradients)))));
    ActiveAdapters active = ActiveAdapters.of(taps);
    try (Tape t =
        gradients.isEmpty() ? Tape.inference(kernels, active) : Tape.training(kernels, active)) {
      new Show(t, inputs, gradients.values()).run();
    }
    return Gathered.of(inputs, gradients);
  }

  private AdapterHost host(String path) {
    AdapterHost host = hosts.get(path);
    if (host == null) {
      throw new IllegalArgumentException("the model has no layer " + path);
    }
    return host;
  }

  private Collection<InputWatch> inputWatches(Map<String, List<Wanted>> wanted) {
    Map<InputStatistic, Map<String, Integer>> ranks = new LinkedHashMap<>();
    wanted.forEach(
        (path, all) ->
            all.forEach(
                each -> {
                  if (each.statistic() instanceof InputStatistic statistic) {
                    ranks
                        .computeIfAbsent(statistic, any -> new LinkedHashMap<>())
                        .merge(path, each.rank(), Math::max);
                  }
                }));
    return ranks.entrySet().stream()
        .map(entry -> new InputWatch(entry.getKey(), entry.getValue(), kernels))
        .toList();
  }

  private Map<String, GradientWatch> gradientWatches(Map<String, List<Wanted>> wanted) {
    Map<String, GradientWatch> watches = new LinkedHashMap<>();
    wanted.forEach(
        (path, all) -> {
          List<Wanted> own =
              all.stream().filter(each -> each.statistic() instanceof GradientStatistic).toList();
          if (!own.isEmpty()) {
            watches.put(path, new GradientWatch(path, own, kernels));
          }
        });
    return watches;
  }

  /** An adapter that changes nothing and tells the watches what passes by. */
  private static Adapter tap(
      String path,
      List<Wanted> wanted,
      Collection<InputWatch> inputs,
      Map<String, GradientWatch> gradients) {
    List<InputWatch> own =
        inputs.stream()
            .filter(watch -> wanted.stream().anyMatch(w -> w.statistic().equals(watch.statistic())))
            .toList();
    return new LayerTap(path, own, java.util.Optional.ofNullable(gradients.get(path)));
  }

  /** One showing of the data. */
  private final class Show {

    private final Tape t;
    private final Collection<InputWatch> inputs;
    private final Collection<GradientWatch> gradients;
    private int shown;
    private double terms;

    Show(Tape t, Collection<InputWatch> inputs, Collection<GradientWatch> gradients) {
      this.t = t;
      this.inputs = inputs;
      this.gradients = gradients;
    }

    void run() {
      pass(true);
      if (shown == 0) {
        throw new IllegalArgumentException("there is nothing to calibrate on: no batch came");
      }
      while (shown < calibration.maxBatches() && inputs.stream().anyMatch(InputWatch::wantsMore)) {
        inputs.forEach(InputWatch::beginAgain);
        int before = shown;
        pass(false);
        requireMore(before);
      }
    }

    private void requireMore(int before) {
      if (shown == before) {
        throw new IllegalArgumentException(
            "the batches came once only but are to be shown again; calibrate on what can be"
                + " iterated again, such as a list");
      }
    }

    private void pass(boolean first) {
      Iterator<? extends B> batches = calibration.batches().iterator();
      while (batches.hasNext() && shown < calibration.maxBatches() && !isDone(first)) {
        B batch = batches.next();
        shown++;
        boolean last = !batches.hasNext() || shown == calibration.maxBatches();
        show(batch, first && !gradients.isEmpty(), last);
        progress.accept(shown, calibration.maxBatches());
      }
    }

    /** Gradients come from the whole of the first pass. */
    private boolean isDone(boolean first) {
      boolean differentiates = first && !gradients.isEmpty();
      return shown > 0 && !differentiates && inputs.stream().allMatch(InputWatch::isDone);
    }

    private void show(B batch, boolean differentiate, boolean last) {
      inputs.forEach(watch -> watch.beginBatch(calibration.marks().apply(batch)));
      try {
        Loss loss = calibration.objective().loss(t, batch);
        if (differentiate) {
          requireFinite(loss.sum().item());
          terms += loss.terms();
          gradients.forEach(watch -> watch.beginBackward(last ? terms : 0));
          t.backward(loss.sum(), 1);
          gradients.forEach(GradientWatch::endBackward);
        }
        inputs.forEach(InputWatch::endBatch);
      } finally {
        t.reset();
      }
    }

    private void requireFinite(double loss) {
      if (!Double.isFinite(loss)) {
        throw new IllegalStateException(
            "the loss of calibration batch " + shown + " is " + loss + ", so it has no gradient");
      }
    }
  }

  /** Puts together what the watches found. */
  private static final class Gathered {

    static Statistics of(Collection<InputWatch> inputs, Map<String, GradientWatch> gradients) {
      Map<String, Map<String, Map<String, Buffer>>> byLayer = new LinkedHashMap<>();
      inputs.forEach(
          watch -> {
            requireSeen(watch.unseen(), "saw none of the data");
            watch
                .results()
                .forEach((path, found) -> of(path, byLayer).put(watch.statistic().name(), found));
          });
      gradients.forEach(
          (path, watch) -> {
            requireSeen(
                watch.results().isEmpty() ? List.of(path) : List.of(),
                "got no gradient from the data");
            of(path, byLayer).putAll(watch.results());
          });
      return new Statistics(byLayer);
    }

    private static Map<String, Map<String, Buffer>> of(
        String path, Map<String, Map<String, Map<String, Buffer>>> byLayer) {
      return byLayer.computeIfAbsent(path, any -> new LinkedHashMap<>());
    }

    private static void requireSeen(List<String> missing, String what) {
      if (!missing.isEmpty()) {
        throw new IllegalArgumentException(
            missing
                + " "
                + what
                + "; take it out of the targets, or calibrate on data that use it");
      }
    }
  }
}
