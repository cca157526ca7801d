package org.peft4j;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.peft4j.calibrate.Calibration;
import org.peft4j.calibrate.Statistics;
import org.peft4j.convert.LoraConversion;
import org.peft4j.convert.LoraExport;
import org.peft4j.convert.LoraReport;
import org.peft4j.convert.PlainLora;
import org.peft4j.kernel.Closing;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.KernelSets;
import org.peft4j.kernel.Kernels;
import org.peft4j.method.TrainingHook;
import org.peft4j.nn.Model;
import org.peft4j.nn.ModuleTree;
import org.peft4j.nn.Parameter;
import org.peft4j.nn.ThreadGuard;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.WholeTensors;
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
  private final Wiring wiring;
  private final Map<String, Parameter> parameters;
  private final NamedAdapters adapters = new NamedAdapters();
  private final ThreadGuard guard = new ThreadGuard();
  private volatile List<String> active = List.of();
  private volatile List<String> assigned = List.of();
  private volatile boolean closed;

  PeftModel(M base) {
    this.base = Objects.requireNonNull(base, "base");
    this.wiring = new Wiring(base, guard);
    this.parameters = ModuleTree.parameters(base);
    if (parameters.isEmpty()) {
      throw new IllegalArgumentException("the model has no parameters");
    }
    this.kernels = KernelSets.forType(type());
  }

  /** The model; it computes with the active named(). */
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
    return parameters.values().stream()
        .map(parameter -> parameter.pretrained().type())
        .filter(type -> type == DataType.BFLOAT16)
        .findAny()
        .orElseGet(() -> parameters.values().iterator().next().type());
  }

  /** Names of all adapters, in the order they were added. */
  public Set<String> adapters() {
    return adapters.names();
  }

  /** Names of the active adapters, in the order in which they act. */
  public List<String> active() {
    return active;
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
    add(preparation, drafts(specs));
    return report(Arrays.stream(specs).map(AdapterSpec::name).toList());
  }

  private void add(Preparation preparation, Drafts drafts) {
    requireOpen();
    List<InstalledAdapter> built =
        drafts.needData(preparation)
            ? withoutAdapters(() -> drafts.build(preparation))
            : drafts.build(preparation);
    for (InstalledAdapter adapter : built) {
      adapter.tieIfAsked(base);
      adapters.add(adapter);
    }
  }

  /**
   * Finds out what the initializers of these adapters want to know, to be used as often as need be:
   * {@link Preparation#knowing}.
   */
  public Statistics gather(
      Calibration<?> calibration, StartListener listener, AdapterSpec... specs) {
    return withoutAdapters(() -> drafts(specs).gather(calibration, listener));
  }

  private Drafts drafts(AdapterSpec... specs) {
    List<Draft> drafts = new ArrayList<>();
    for (AdapterSpec spec : specs) {
      named().requireFree(spec.name(), drafts);
      WholeTensors.of(spec.info()).requireTrainable();
      InstalledAdapter.Origin origin = InstalledAdapter.Origin.fresh(spec.initializer());
      drafts.add(new Draft(TaskModules.of(base).added(spec), origin, base, kernels));
    }
    return new Drafts(drafts, base, kernels);
  }

  private <T> T withoutAdapters(Supplier<T> body) {
    return meanwhile(() -> wiring.use(List.of()), body::get);
  }

  /** Connects the layers otherwise for as long as {@code body} runs. */
  private <T, E extends Exception> T meanwhile(Runnable connect, ThreadGuard.Change<T, E> body)
      throws E {
    requireOpen();
    return guard.changeMeanwhile(
        () -> {
          try {
            connect.run();
            return body.run();
          } finally {
            install();
          }
        });
  }

  private void change(Runnable body) {
    requireOpen();
    guard.change(
        () -> {
          body.run();
          install();
          return true;
        });
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
      adapters.add(new AdapterReading(stored, base, kernels, type()).read());
    }
    return report(List.of(name));
  }

  /**
   * Writes every adapter in Hugging Face PEFT's format: {@code default} into {@code directory},
   * others into folders below.
   */
  @Override
  public void save(Path directory) throws IOException {
    requireOpen();
    for (String name : named().names()) {
      write(AdapterStore.folder(directory, name), named().get(name));
    }
  }

  private void write(Path folder, InstalledAdapter adapter) throws IOException {
    AdapterSpec spec = adapter.specForFile(base);
    AdapterStore.write(folder, spec, adapter.tensors(), TaskModules.of(base).files(spec));
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
    return meanwhile(
        () -> wiring.use(List.of(adapter)),
        () -> {
          PlainLora lora = conversion.apply(new LoraConversion(draft.view()));
          write(folder, draft.built(lora));
          return lora.report();
        });
  }

  /**
   * Makes exactly these adapters active; each sees the ones named before it as its base.
   *
   * @throws IllegalArgumentException if there is no adapter of that name, or two of them train the
   *     same module whole
   */
  public void activate(String... names) {
    named().requireUsableTogether(names);
    change(
        () -> {
          active = List.of(names);
          assigned = List.of();
        });
  }

  /** Makes no adapter active: the model is the base, bit for bit. */
  public void disable() {
    activate();
  }

  /** Computes {@code body} with no adapter active, then activates again what was. */
  public void whileDisabled(Runnable body) {
    List<String> activeBefore = active;
    List<String> assignedBefore = assigned;
    withoutAdapters(
        () -> {
          active = List.of();
          assigned = List.of();
          try {
            body.run();
          } finally {
            active = activeBefore;
            assigned = assignedBefore;
          }
          return true;
        });
  }

  /**
   * Sends each sequence of the batches to come through an adapter of its own, until {@link
   * #activate}: one batch can serve many named(). For inference; the adapters must not train
   * modules whole. Examples that are packed into one sequence share its adapter.
   *
   * @param names one per sequence; {@link #BASE} stands for none
   */
  public void assign(List<String> names) {
    if (names.isEmpty()) {
      throw new IllegalArgumentException("no sequence is assigned an adapter; name one for each");
    }
    for (String name : names) {
      if (!name.equals(BASE) && !named().get(name).replacements().isEmpty()) {
        boolean trains = !named().get(name).copies().isEmpty();
        throw new IllegalArgumentException(
            "adapter "
                + name
                + (trains ? " trains modules whole" : " has tensors in place of the base's")
                + ", so a batch cannot mix it with others");
      }
    }
    change(
        () -> {
          active = List.of();
          assigned = List.copyOf(names);
        });
  }

  /**
   * Weakens or strengthens an adapter: its update counts {@code factor} times from now on. The
   * trained tensors stay as they are.
   *
   * @throws IllegalArgumentException if the method has no such factor
   */
  public void scale(String name, double factor) {
    InstalledAdapter adapter = named().get(name);
    change(() -> adapter.scale(factor));
  }

  /**
   * Removes an adapter and frees its tensors; where it was the active one, the oldest that is left
   * becomes active.
   */
  public void delete(String name) {
    named().get(name);
    List<String> rest = new ArrayList<>(active);
    rest.remove(name);
    List<String> left = new ArrayList<>(named().names());
    left.remove(name);
    if (rest.isEmpty() && !active.isEmpty() && !left.isEmpty()) {
      rest.add(left.get(0));
    }
    activate(rest.toArray(new String[0]));
    named().remove(name);
  }

  /**
   * Lets all threads compute with what is active now, until one of them changes it again. To be
   * called by the thread that has changed it, or by any other once that has ended.
   *
   * @throws IllegalStateException if another thread has the model for itself
   */
  public void handOver() {
    requireOpen();
    guard.handOver();
  }

  /**
   * A new plain model that computes what this one computes with its active named(). This one stays
   * as it is. The weights that no adapter changes are shared: the new model works only as long as
   * this one's are not freed.
   *
   * @throws IllegalStateException if a merged number is not finite
   */
  public M merge() {
    requireOpen();
    return guard.reading(
        () ->
            base.rebuild(new MergedWeights(base, kernels, wiring.changedBy(named().all(active)))));
  }

  /** What trains: the tensors of the active adapters by their paths, in a stable order. */
  @Override
  public Map<String, Tensor> trainable() {
    requireOpen();
    Map<String, Tensor> trainable = new LinkedHashMap<>();
    for (String name : active) {
      String prefix = active.size() == 1 ? "" : name + ":";
      adapters
          .get(name)
          .parameters()
          .forEach((path, tensor) -> trainable.put(prefix + path, tensor));
    }
    return trainable;
  }

  @Override
  public Map<String, String> identity() {
    return Fingerprint.of(base, named().all(active));
  }

  @Override
  public TrainingHook begin(int steps) {
    named().all(active).forEach(InstalledAdapter::requireTrainable);
    return Coordination.begin(named().all(active), steps);
  }

  @Override
  public Optional<String> firstNotFinite(Runnable forward) {
    FiniteProbe probe = new FiniteProbe(kernels);
    meanwhile(
        () -> wiring.useWatched(named().all(active), probe::at),
        () -> {
          forward.run();
          return true;
        });
    return probe.found();
  }

  /** Where the active adapters are and what they cost. */
  public TargetReport report() {
    return report(active);
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
   * Frees the named(). The model computes as the base again; a pass of another thread that is on
   * its way fails.
   */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      Closing.all(() -> guard.end(() -> wiring.use(List.of())), adapters::close);
    }
  }

  private NamedAdapters named() {
    requireOpen();
    return adapters;
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("this PeftModel is closed");
    }
    guard.requireInCharge();
  }

  private void install() {
    if (assigned.isEmpty()) {
      wiring.use(named().all(active));
      return;
    }
    List<String> distinct = assigned.stream().distinct().toList();
    wiring.mix(
        distinct.stream()
            .map(
                name ->
                    name.equals(BASE) ? List.<InstalledAdapter>of() : named().all(List.of(name)))
            .toList(),
        assigned.stream().map(distinct::indexOf).toList());
  }

  private TargetReport report(List<String> names) {
    return TargetReport.of(base, named().all(names));
  }
}
