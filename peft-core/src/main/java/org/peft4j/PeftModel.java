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
import java.util.function.Function;
import org.peft4j.calibrate.Calibration;
import org.peft4j.calibrate.Statistics;
import org.peft4j.convert.LoraConversion;
import org.peft4j.convert.LoraExport;
import org.peft4j.convert.LoraReport;
import org.peft4j.convert.PlainLora;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.KernelSets;
import org.peft4j.kernel.Kernels;
import org.peft4j.method.TrainingHook;
import org.peft4j.nn.Model;
import org.peft4j.nn.ModuleTree;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.store.AdapterStore;
import org.peft4j.store.StoredAdapter;
import org.peft4j.tensor.Tensor;
import org.peft4j.train.Trainee;

/**
 * A pretrained model and the named adapters on it. Some adapters are active: the model computes
 * with them and a trainer trains them. The pretrained weights are never written, so with no adapter
 * active the model is exactly the base.
 *
 * <p>Any number of threads may compute with the model while nobody changes what is active. A thread
 * that switches, by {@link #activate} or the like, has the model for itself until it calls {@link
 * #handOver}; others are refused with an {@link IllegalStateException} meanwhile, as is every pass
 * in the middle of which something changed. The first choice, on a model that no other thread has
 * used yet, is for all threads.
 *
 * <p>A model belongs to one PeftModel at a time: a new one takes it over, and the former one
 * refuses from then on. Closing frees the adapters; the model is the base again.
 *
 * @param <M> the model's own type
 */
public final class PeftModel<M extends Model<M>> implements Trainee, AutoCloseable {

  /** Stands for "no adapter" in {@link #assign}. */
  public static final String BASE = AdapterSpec.BASE;

  private final M base;
  private final Kernels kernels;
  private final DataType type;
  private final NamedAdapters adapters = new NamedAdapters();
  private final ActiveAdapters active;

  PeftModel(M base) {
    this.base = Objects.requireNonNull(base, "base");
    this.active = new ActiveAdapters(base, adapters);
    this.type =
        ModuleTree.parameters(base).values().stream()
            .map(parameter -> parameter.pretrained().type())
            .reduce((type, next) -> next == DataType.BFLOAT16 ? next : type)
            .orElseThrow(() -> new IllegalArgumentException("the model has no parameters"));
    this.kernels = KernelSets.forType(type);
  }

  /** The model; it computes with the active adapters. */
  public M model() {
    return base;
  }

  /** The kernels that the model's element type wants. */
  @Override
  public Kernels kernels() {
    return kernels;
  }

  /** The element type the model computes in: BFLOAT16 where any of its matrices are held in it. */
  public DataType type() {
    return type;
  }

  /** Names of all adapters, in the order they were added. */
  public Set<String> adapters() {
    return adapters.names();
  }

  /** Names of the active adapters, in the order in which they act. */
  public List<String> active() {
    return active.names();
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
    Drafts drafts = drafts(specs);
    List<InstalledAdapter> built =
        drafts.needData(preparation)
            ? active.without(() -> drafts.build(preparation))
            : drafts.build(preparation);
    for (InstalledAdapter adapter : built) {
      adapter.tieIfAsked(base);
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
    return active.without(() -> drafts(specs).gather(calibration, listener));
  }

  private Drafts drafts(AdapterSpec... specs) {
    return Drafts.of(List.of(specs), base, kernels, named());
  }

  /**
   * Reads an adapter that lies in {@code folder}, without activating it.
   *
   * @throws org.peft4j.io.AdapterFormatException if the files are wrong or do not fit this model;
   *     nothing is added then
   */
  public TargetReport load(Path folder, String name) throws IOException {
    named().requireFree(name, List.of());
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
    named().requireFree(name, List.of());
    adapters.add(new AdapterReading(stored, base, kernels, type()).read());
    return report(List.of(name));
  }

  /**
   * Writes every adapter in Hugging Face PEFT's format: {@code default} into {@code directory},
   * others into folders below.
   */
  @Override
  public void save(Path directory) throws IOException {
    for (String name : named().names()) {
      named().get(name).write(AdapterStore.folder(directory, name), base);
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
    InstalledAdapter adapter = named().get(name);
    LoraDraft draft = new LoraDraft(adapter, base, kernels);
    return active.with(adapter, () -> draft.write(folder, conversion));
  }

  /**
   * Makes exactly these adapters active; each sees the ones named before it as its base.
   *
   * @throws IllegalArgumentException if there is no adapter of that name, or two of them train the
   *     same module whole
   */
  public void activate(String... names) {
    active.activate(names);
  }

  /** Makes no adapter active: the model is the base, bit for bit. */
  public void disable() {
    activate();
  }

  /** Computes {@code body} with no adapter active, then activates again what was. */
  public void whileDisabled(Runnable body) {
    active.whileDisabled(body);
  }

  /**
   * Sends each sequence of the batches to come through an adapter of its own, until {@link
   * #activate}: one batch can serve many adapters. For inference; the adapters must not train
   * modules whole. Examples that are packed into one sequence share its adapter.
   *
   * @param names one per sequence; {@link #BASE} stands for none
   */
  public void assign(List<String> names) {
    active.assign(names);
  }

  /**
   * Weakens or strengthens an adapter: its update counts {@code factor} times from now on. The
   * trained tensors stay as they are.
   *
   * @throws IllegalArgumentException if the method has no such factor
   */
  public void scale(String name, double factor) {
    InstalledAdapter adapter = named().get(name);
    active.change(() -> adapter.scale(factor));
  }

  /**
   * Removes an adapter and frees its tensors; where it was the active one, the oldest that is left
   * becomes active.
   */
  public void delete(String name) {
    named().get(name);
    active.leaveOut(name);
    named().remove(name);
  }

  /**
   * Lets all threads compute with what is active now, until one of them changes it again. To be
   * called by the thread that has changed it, or by any other once that has ended.
   *
   * @throws IllegalStateException if another thread has the model for itself
   */
  public void handOver() {
    active.handOver();
  }

  /**
   * A new plain model that computes what this one computes with its active adapters. This one stays
   * as it is. The weights that no adapter changes are shared: the new model works only as long as
   * this one's are not freed.
   *
   * @throws IllegalStateException if a merged number is not finite
   */
  public M merge() {
    return active.reading(changed -> base.rebuild(new MergedWeights(base, kernels, changed)));
  }

  /** The trainable tensors of the active adapters by their paths, in a stable order. */
  @Override
  public Map<String, Tensor> trainable() {
    return active.parameters();
  }

  @Override
  public Map<String, String> identity() {
    return Fingerprint.of(base, active.adapters());
  }

  @Override
  public TrainingHook begin(int steps) {
    active.adapters().forEach(InstalledAdapter::requireTrainable);
    return Coordination.begin(active.adapters(), steps);
  }

  @Override
  public Optional<String> firstNotFinite(Runnable forward) {
    FiniteProbe probe = new FiniteProbe(kernels);
    active.watched(probe::at, forward);
    return probe.found();
  }

  /** Where the active adapters are and what they cost. */
  public TargetReport report() {
    return report(active.names());
  }

  /** How the layers of an adapter started, those about which there is something to tell. */
  public List<StartReport> starts(String name) {
    return named().get(name).starts();
  }

  /** The spec an adapter was made from. */
  public AdapterSpec spec(String name) {
    return named().get(name).spec();
  }

  /** The tensors of one adapter by their paths within the model, as they are saved. */
  public Map<String, Tensor> parameters(String name) {
    return Collections.unmodifiableMap(named().get(name).parameters());
  }

  /**
   * What can be read from one adapter beside its trained tensors, such as trained singular values,
   * by path within the model. Empty where its method has nothing of the kind.
   */
  public Map<String, double[]> views(String name) {
    return named().get(name).views();
  }

  /**
   * Frees the adapters. The model computes as the base again; a pass of another thread that is on
   * its way fails.
   */
  @Override
  public void close() {
    active.close();
  }

  private NamedAdapters named() {
    active.requireOpen();
    return adapters;
  }

  private TargetReport report(List<String> names) {
    return TargetReport.of(base, named().all(names));
  }
}
