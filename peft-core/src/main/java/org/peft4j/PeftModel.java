package org.peft4j;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.peft4j.calibrate.Calibration;
import org.peft4j.calibrate.Statistics;
import org.peft4j.convert.LoraConversion;
import org.peft4j.convert.LoraExport;
import org.peft4j.convert.LoraReport;
import org.peft4j.convert.PlainLora;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.method.TrainingHook;
import org.peft4j.nn.Model;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.store.StoredAdapter;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.train.Trainee;

/**
 * A pretrained model and the named adapters for it. The pretrained weights are never written.
 *
 * <p>Which adapters are at work is chosen for each call: {@link #with}, {@link #base} and {@link
 * #perRow} give light views, {@link AdaptedModel}s, that any number of threads may compute with at
 * once, while others add, load, replace, train and delete adapters. A program of one thread may
 * {@linkplain #activate activate} adapters once instead: whatever here names none, such as {@link
 * #inference} and a trainer, is about the active ones.
 *
 * <p>The model computes with adapters on tapes that come from here or from a view; on any other
 * tape it is the base, bit for bit.
 *
 * @param <M> the model's own type
 */
public final class PeftModel<M extends Model<M>> implements Trainee, AutoCloseable {

  /** Stands for "no adapter" in {@link #perRow}. */
  public static final String BASE = AdapterSpec.BASE;

  private final Hosted<M> hosted;
  private final NamedAdapters adapters;
  private final DefaultChoice active = new DefaultChoice();

  PeftModel(M base) {
    this.hosted = Hosted.of(Objects.requireNonNull(base, "base"));
    this.adapters = hosted.adapters();
  }

  /** The model; with which adapters it computes, the tape that it computes on says. */
  public M model() {
    return hosted.model();
  }

  /** The kernels that the model's element type wants. */
  @Override
  public Kernels kernels() {
    return hosted.kernels();
  }

  /** The element type the model computes in: BFLOAT16 where any of its matrices are held in it. */
  public DataType type() {
    return hosted.type();
  }

  // ---- views ----

  /**
   * The model with one adapter at work.
   *
   * @throws IllegalArgumentException if there is no adapter of that name
   */
  public AdaptedModel<M> with(String name) {
    return with(List.of(name));
  }

  /**
   * The model with these adapters at work, each seeing the ones named before it as its base.
   *
   * @throws IllegalArgumentException if there is no adapter of a name, one is named twice, or two
   *     of them train the same tensor whole
   */
  public AdaptedModel<M> with(List<String> names) {
    return view(new Choice.Together(names));
  }

  /** The model without adapters. */
  public AdaptedModel<M> base() {
    return with(List.of());
  }

  /**
   * The model with an adapter of its own for each row (sequence) of a batch: one batch serves many
   * adapters. For inference; where they differ, the adapters must not train modules whole. Examples
   * that are packed into one sequence share its adapter.
   *
   * @param names one per row, in the order of the batch; {@link #BASE} stands for none
   * @throws IllegalArgumentException if there is no adapter of a name, or one trains modules whole
   */
  public AdaptedModel<M> perRow(List<String> names) {
    boolean same = names.stream().distinct().count() == 1;
    if (same) {
      return names.get(0).equals(BASE) ? base() : with(names.get(0));
    }
    return view(new Choice.PerRow(names));
  }

  private AdaptedModel<M> view(Choice choice) {
    choice.requirePossible(adapters.all(choice.names()));
    return new AdaptedModel<>(hosted, choice);
  }

  /**
   * The model with the {@linkplain #activate active} adapters at work, those of now.
   *
   * @throws IllegalStateException if another thread has changed which are active and not
   *     {@linkplain #handOver handed over}
   */
  public AdaptedModel<M> current() {
    adapters.requireOpen();
    return with(active.read());
  }

  /** A tape to infer on with the active adapters, those of now. */
  @Override
  public Tape inference() {
    return current().inference();
  }

  /** A tape to train on with the active adapters, those of now. */
  @Override
  public Tape training() {
    return current().training();
  }

  // ---- adapters ----

  /** Names of all adapters, in the order they were added. */
  public Set<String> adapters() {
    return adapters.names();
  }

  /**
   * Builds an adapter for this model without activating it.
   *
   * @throws IllegalArgumentException if the name is taken or the targets are not what the model has
   */
  public TargetReport add(AdapterSpec spec) {
    return add(Preparation.NONE, spec);
  }

  /**
   * Builds adapters for this model without activating them. Data that they have to see pass through
   * the model without adapters, once for all of them.
   *
   * @throws IllegalArgumentException if a name is taken, the targets are not what the model has, or
   *     an initializer has to see more than {@code preparation} offers; nothing is added then
   */
  public TargetReport add(Preparation preparation, AdapterSpec... specs) {
    for (InstalledAdapter adapter : drafts(specs).build(preparation)) {
      adapter.tieIfAsked(model());
      adapters.add(adapter);
    }
    return report(Arrays.stream(specs).map(AdapterSpec::name).toList());
  }

  /**
   * Finds out what the initializers of these adapters want to know, to be used as often as need be:
   * {@link Preparation#knowing}.
   */
  public Statistics gather(
      Calibration<?> calibration, StartListener listener, AdapterSpec... specs) {
    return drafts(specs).gather(calibration, listener);
  }

  private Drafts drafts(AdapterSpec... specs) {
    return Drafts.of(List.of(specs), model(), kernels(), adapters);
  }

  /**
   * Reads an adapter that lies in {@code folder}, without activating it.
   *
   * @throws org.peft4j.io.AdapterFormatException if the files are wrong or do not fit this model;
   *     nothing is added then
   */
  public TargetReport load(Path folder, String name) throws IOException {
    adapters.requireFree(name, List.of());
    try (StoredAdapter stored = StoredAdapter.open(folder, name)) {
      return load(stored);
    }
  }

  /**
   * Reads an adapter that has been opened, once and for one model, without activating it.
   *
   * @throws org.peft4j.io.AdapterFormatException if its files do not fit this model; nothing is
   *     added then
   */
  public TargetReport load(StoredAdapter stored) throws IOException {
    String name = stored.spec().name();
    adapters.requireFree(name, List.of());
    adapters.add(read(stored));
    return report(List.of(name));
  }

  /**
   * Puts the adapter that lies in {@code folder} in the place of the one of that name: calls that
   * begin from now on go through it, those that are on their way end with the former one, which is
   * freed then.
   *
   * @throws IllegalArgumentException if there is no adapter of that name
   * @throws org.peft4j.io.AdapterFormatException if the files are wrong or do not fit this model;
   *     the former one stays then
   */
  public TargetReport replace(Path folder, String name) throws IOException {
    adapters.get(name);
    try (StoredAdapter stored = StoredAdapter.open(folder, name)) {
      adapters.replace(read(stored));
    }
    return report(List.of(name));
  }

  private InstalledAdapter read(StoredAdapter stored) throws IOException {
    return new AdapterReading(stored, model(), kernels(), type()).read();
  }

  /**
   * Writes every adapter in Hugging Face PEFT's format: {@code default} into {@code directory},
   * others into folders below.
   */
  @Override
  public void save(Path directory) throws IOException {
    for (String name : adapters()) {
      with(name).save(directory);
    }
  }

  /**
   * Writes one adapter as plain LoRA on the pretrained weights, which every reader of LoRA
   * understands, with the factors it has: where it started at {@code B₀·A₀}, as {@code [A; A₀]} and
   * {@code [B, −B₀]} of twice the rank. As Hugging Face PEFT converts.
   *
   * @throws IllegalArgumentException if the adapter's update is no product of thin factors
   */
  public LoraReport saveAsLora(String name, Path folder) throws IOException {
    return saveAsLora(name, folder, LoraConversion::asItIs);
  }

  /**
   * Writes one adapter as plain LoRA on the pretrained weights, of as small a rank as {@code
   * settings} allow. An update that is no product of thin factors is approximated by one of the
   * rank that they give. Needs a {@link org.peft4j.initializer.Decomposer} on the class path.
   *
   * @return what the ranks are now and how much was lost
   * @throws IllegalArgumentException if no rank is given and the adapter's update is no product of
   *     thin factors, or if it changes something that plain LoRA cannot
   */
  public LoraReport saveAsLora(String name, Path folder, LoraExport settings) throws IOException {
    return saveAsLora(name, folder, conversion -> conversion.recompressed(settings));
  }

  private LoraReport saveAsLora(
      String name, Path folder, Function<LoraConversion, PlainLora> conversion) throws IOException {
    try (AdaptersInUse alone = hosted.use(new Choice.Together(List.of(name)))) {
      InstalledAdapter adapter = alone.adapters().get(0);
      return new LoraDraft(adapter, model(), kernels(), alone).write(folder, conversion);
    }
  }

  /** Removes an adapter; it is freed when the last call that goes through it ends. */
  public void delete(String name) {
    adapters.get(name);
    if (active.names().contains(name)) {
      activateAllBut(name);
    }
    adapters.remove(name);
  }

  /** Or the oldest of the others if that leaves none. */
  private void activateAllBut(String name) {
    List<String> rest = active.names().stream().filter(other -> !other.equals(name)).toList();
    List<String> left = adapters().stream().filter(other -> !other.equals(name)).limit(1).toList();
    active.choose(rest.isEmpty() ? left : rest);
  }

  /**
   * Weakens or strengthens an adapter: its update counts {@code factor} times in calls that begin
   * from now on. The trained tensors stay as they are.
   *
   * @throws IllegalArgumentException if the method has no such factor
   */
  public void scale(String name, double factor) {
    adapters.get(name).scale(factor);
  }

  // ---- the active adapters ----

  /** Names of the active adapters, in the order in which they act. */
  public List<String> active() {
    return active.names();
  }

  /**
   * Makes exactly these adapters active; each sees the ones named before it as its base.
   *
   * @throws IllegalArgumentException if there is no adapter of that name, or two of them train the
   *     same module whole
   */
  public void activate(String... names) {
    with(List.of(names));
    active.choose(List.of(names));
  }

  /** Makes no adapter active: the model is the base, bit for bit. */
  public void disable() {
    activate();
  }

  /**
   * Lets all threads compute with what is active now, until one of them changes it again: the first
   * choice is for all, but a thread that changes it later has it for itself. To be called by that
   * thread, or by any other once it has ended.
   *
   * @throws IllegalStateException if another thread has it for itself
   */
  public void handOver() {
    adapters.requireOpen();
    active.handOver();
  }

  /** {@link AdaptedModel#merge} with the active adapters. */
  public M merge() {
    return current().merge();
  }

  /** The trainable tensors of the active adapters by their paths, in a stable order. */
  @Override
  public Map<String, Tensor> trainable() {
    return current().trainable();
  }

  @Override
  public Trainee pinned() {
    return current().pinned();
  }

  @Override
  public Map<String, String> identity() {
    return current().identity();
  }

  @Override
  public TrainingHook begin(int steps) {
    return current().begin(steps);
  }

  @Override
  public Optional<String> firstNotFinite(Consumer<Tape> forward) {
    return current().firstNotFinite(forward);
  }

  /** Where the active adapters are and what they cost. */
  public TargetReport report() {
    return report(active.names());
  }

  // ---- one adapter ----

  /** How the layers of an adapter started, those about which there is something to tell. */
  public List<StartReport> starts(String name) {
    return adapters.get(name).starts();
  }

  /** The spec an adapter was made from. */
  public AdapterSpec spec(String name) {
    return adapters.get(name).spec();
  }

  /** The tensors of one adapter by their paths within the model, as they are saved. */
  public Map<String, Tensor> parameters(String name) {
    return Collections.unmodifiableMap(adapters.get(name).parameters());
  }

  /**
   * What can be read from one adapter beside its trained tensors, such as trained singular values,
   * by path within the model. Empty where its method has nothing of the kind.
   */
  public Map<String, double[]> views(String name) {
    return adapters.get(name).views();
  }

  /**
   * Frees the adapters, those that a call is on its way through too: it ends with an exception. The
   * model is the base.
   */
  @Override
  public void close() {
    adapters.close();
  }

  private TargetReport report(List<String> names) {
    return TargetReport.of(model(), adapters.all(names));
  }
}
