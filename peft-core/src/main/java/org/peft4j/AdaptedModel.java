package org.peft4j;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.Kernels;
import org.peft4j.method.TrainingHook;
import org.peft4j.nn.Model;
import org.peft4j.store.AdapterStore;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.train.Trainee;

/**
 * A model as some of its adapters make it: what a call computes with, whatever other calls choose.
 * Light and immutable; made by {@link PeftModel#with}, {@link PeftModel#base} and {@link
 * PeftModel#perRow}, for as many threads as there are.
 *
 * <p>The model computes with these adapters on the tapes that {@link #inference} and {@link
 * #training} make. A tape keeps to the adapters as they were when it was made: one that is deleted
 * or replaced meanwhile is freed when the last such tape is closed.
 *
 * @param <M> the model's own type
 */
public final class AdaptedModel<M extends Model<M>> implements Trainee {

  private final Hosted<M> hosted;
  private final Choice choice;
  private final @Nullable List<InstalledAdapter> pinned;

  AdaptedModel(Hosted<M> hosted, Choice choice) {
    this(hosted, choice, null);
  }

  private AdaptedModel(Hosted<M> hosted, Choice choice, @Nullable List<InstalledAdapter> pinned) {
    this.hosted = hosted;
    this.choice = choice;
    this.pinned = pinned;
  }

  /**
   * One model with the adapters of another view for each row (sequence) of a batch, as {@link
   * PeftModel#perRow}. Of {@linkplain #pinned pinned} views it keeps to the adapters that these
   * have. Where all have the same ones there may be any number of them.
   *
   * @param rows views of one model, in the order of the batch
   * @throws IllegalArgumentException if there are none or of several models, or if the rows differ
   *     and one has several adapters, one that trains modules whole, or another than the one that
   *     has its name in another row
   */
  public static AdaptedModel<?> perRow(List<AdaptedModel<?>> rows) {
    long models = rows.stream().map(row -> row.hosted.adapters()).distinct().count();
    if (models != 1) {
      throw new IllegalArgumentException(
          "a batch has rows, and all of one model, but these views are of " + models + " models");
    }
    return rows.get(0).besides(rows);
  }

  private AdaptedModel<M> besides(List<AdaptedModel<?>> rows) {
    rows.forEach(row -> row.requireTogether("be those of one row"));
    List<List<InstalledAdapter>> chains = new ArrayList<>();
    rows.forEach(row -> chains.add(row.installed()));
    return chains.stream().distinct().count() == 1
        ? new AdaptedModel<>(hosted, choice, chains.get(0))
        : new AdaptedModel<>(hosted, Choice.PerRow.of(chains), Choice.PerRow.distinct(chains));
  }

  /** The model; it computes with these adapters on tapes that come from here. */
  public M model() {
    return hosted.model();
  }

  /** The names of the adapters, each once, in the order in which they act. */
  public List<String> adapters() {
    return choice.names();
  }

  @Override
  public Kernels kernels() {
    return hosted.kernels();
  }

  /**
   * A tape to infer on.
   *
   * @throws IllegalArgumentException if an adapter has been deleted
   */
  @Override
  public Tape inference() {
    return on(use(), active -> Tape.inference(kernels(), active));
  }

  /** A tape to infer on that shares the pool of {@code other}; close that one last. */
  public Tape inference(Tape other) {
    return on(use(), other::inference);
  }

  /**
   * A tape to train on.
   *
   * @throws IllegalArgumentException if an adapter has been deleted
   */
  @Override
  public Tape training() {
    return on(use(), active -> Tape.training(kernels(), active));
  }

  /**
   * Computes {@code body}, a part of what is computed on {@code t}, with these adapters in place of
   * those that the tape was made for.
   */
  public Tensor during(Tape t, Supplier<Tensor> body) {
    return t.during(use(), body);
  }

  private AdaptersInUse use() {
    if (pinned == null) {
      return hosted.use(choice);
    }
    hosted.adapters().hold(pinned);
    return hosted.use(choice, pinned);
  }

  private static <T> T on(AdaptersInUse active, Function<AdaptersInUse, T> make) {
    try {
      return make.apply(active);
    } catch (RuntimeException e) {
      active.close();
      throw e;
    }
  }

  private List<InstalledAdapter> installed() {
    return pinned == null ? hosted.adapters().all(choice.names()) : pinned;
  }

  /**
   * A new plain model that computes what this one computes. This one stays as it is. The weights
   * that no adapter changes are shared: the new model works only as long as this one's are not
   * freed.
   *
   * @throws IllegalStateException if a merged number is not finite
   * @throws IllegalArgumentException if each row has adapters of its own
   */
  public M merge() {
    requireTogether("be merged");
    try (AdaptersInUse active = use()) {
      return model().rebuild(MergedWeights.of(model(), kernels(), active));
    }
  }

  /** Where the adapters are and what they cost. */
  public TargetReport report() {
    return TargetReport.of(model(), installed());
  }

  /**
   * Writes these adapters in Hugging Face PEFT's format: {@code default} into {@code directory},
   * others into folders below.
   */
  @Override
  public void save(Path directory) throws IOException {
    try (AdaptersInUse active = use()) {
      active.begin();
      try {
        for (InstalledAdapter adapter : active.adapters()) {
          adapter.write(AdapterStore.folder(directory, adapter.spec().name()), model());
        }
      } finally {
        active.end();
      }
    }
  }

  // ---- for trainers ----

  /** The trainable tensors by their paths, behind the adapter's name where there are several. */
  @Override
  public Map<String, Tensor> trainable() {
    requireTogether("be trained");
    List<InstalledAdapter> adapters = installed();
    Map<String, Tensor> parameters = new LinkedHashMap<>();
    for (InstalledAdapter adapter : adapters) {
      String prefix = adapters.size() == 1 ? "" : adapter.spec().name() + ":";
      adapter.parameters().forEach((path, tensor) -> parameters.put(prefix + path, tensor));
    }
    return parameters;
  }

  private void requireTogether(String wish) {
    if (choice instanceof Choice.PerRow) {
      throw new IllegalArgumentException(
          "adapters that differ from row to row cannot " + wish + "; name them by PeftModel.with");
    }
  }

  @Override
  public AdaptedModel<M> pinned() {
    return new AdaptedModel<>(hosted, choice, installed());
  }

  @Override
  public Map<String, String> identity() {
    return Fingerprint.of(model(), installed());
  }

  @Override
  public TrainingHook begin(int steps) {
    installed().forEach(InstalledAdapter::requireTrainable);
    return Coordination.begin(installed(), steps);
  }

  @Override
  public void beginWork() {
    Occupation.beginAll(installed(), Occupation::beginTraining, Occupation::endTraining);
  }

  @Override
  public void endWork() {
    installed().forEach(adapter -> adapter.occupation().endTraining());
  }

  @Override
  public Optional<String> firstNotFinite(Consumer<Tape> forward) {
    FiniteProbe probe = new FiniteProbe(model(), kernels(), use());
    try (Tape t = Tape.inference(kernels(), probe)) {
      forward.accept(t);
    }
    return probe.found();
  }
}
