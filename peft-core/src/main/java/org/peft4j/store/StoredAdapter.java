package org.peft4j.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.peft4j.initializer.Initializer;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.io.Excerpt;
import org.peft4j.io.Finite;
import org.peft4j.io.Json;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.tensor.Tensor;

/**
 * An adapter that lies in a folder, opened to be read: each of its files once, however much is made
 * of it.
 */
public final class StoredAdapter implements AutoCloseable {

  private final Path folder;
  private final TensorSource tensors;
  private final Optional<StartFile> start;
  private final TensorNames names;
  private final AdapterSpec spec;
  private final List<String> notes;
  private final List<String> problems = new ArrayList<>();

  private StoredAdapter(
      Path folder,
      TensorSource tensors,
      Optional<StartFile> start,
      AdapterSpec spec,
      List<String> notes) {
    this.folder = folder;
    this.tensors = tensors;
    this.start = start;
    this.names = new TensorNames(tensors.names());
    this.spec = spec;
    this.notes = notes;
  }

  /**
   * The adapter in {@code folder}, as Hugging Face PEFT, mlx-lm or this library wrote it.
   *
   * @param name to call it by
   * @throws AdapterFormatException if the files are wrong, or ask for something that cannot be
   *     computed here
   */
  public static StoredAdapter open(Path folder, String name) throws IOException {
    Path file = AdapterFolder.config(folder);
    ObjectNode json = Json.readObject(file);
    TensorSource tensors = AdapterFolder.tensors(folder, json);
    try {
      AdapterFileReader reader =
          new AdapterFileReader(file, AdapterFolder.inPeftsWords(file, json, tensors));
      return open(folder, tensors, reader.spec(name), reader.notes());
    } catch (IOException | RuntimeException e) {
      tensors.close();
      throw e;
    }
  }

  private static StoredAdapter open(
      Path folder, TensorSource tensors, AdapterSpec written, List<String> notes)
      throws IOException {
    Path config = AdapterFolder.config(folder);
    Optional<StartFile> start = StartFile.open(folder);
    try {
      AdapterSpec spec = start.isPresent() ? start.get().seeded(written) : written;
      StartFile.requireKnown(config, spec);
      SavedSettings.requireSame(config, spec, tensors);
      if (start.isPresent()) {
        start.get().requireOf(tensors);
      }
      return new StoredAdapter(folder, tensors, start, spec, notes);
    } catch (IOException | RuntimeException e) {
      close(start);
      throw e;
    }
  }

  private static void close(Optional<StartFile> start) throws IOException {
    if (start.isPresent()) {
      start.get().close();
    }
  }

  /** What the config alone says, where there are no tensors yet. */
  static AdapterSpec spec(Path folder, String name) throws IOException {
    Path file = AdapterFolder.config(folder);
    ObjectNode json = Json.readObject(file);
    if (AdapterFolder.hasTensors(folder) || MlxAdapter.is(json)) {
      try (StoredAdapter stored = open(folder, name)) {
        return stored.spec();
      }
    }
    AdapterSpec spec = new AdapterFileReader(file, AdapterFolder.today(json)).spec(name);
    StartFile.requireKnown(file, spec);
    return spec;
  }

  /** Where it lies. */
  public Path folder() {
    return folder;
  }

  /** What kind of adapter it is. */
  public AdapterSpec spec() {
    return spec;
  }

  /** What its config says that has no meaning here, and what has been made of that. */
  public List<String> notes() {
    return notes;
  }

  /** The file of its tensors, to name in messages. */
  public Path file() {
    return tensors.file();
  }

  /** How many values its file holds. */
  public long values() {
    return tensors.names().stream().mapToLong(name -> tensors.shape(name).length()).sum();
  }

  /** How low-rank factors started; empty where at {@code B·A = 0}. */
  public Optional<Initializer> start(AdapterSpec spec) throws IOException {
    return StartFile.of(folder, start, spec);
  }

  /** The tensors that belong to no layer but to all, by name. */
  public Map<String, Buffer> shared(DataType type) throws IOException {
    Map<String, Buffer> shared = new LinkedHashMap<>();
    for (String name : tensors.names()) {
      if (name.startsWith(AdapterStore.SHARED_PREFIX) && !name.startsWith(AdapterStore.PREFIX)) {
        String own = name.substring(AdapterStore.SHARED_PREFIX.length());
        if (own.indexOf('.') < 0) {
          shared.put(own, Finite.required(tensors.file(), name, tensors.read(name, type)));
        }
      }
    }
    return shared;
  }

  /** The shape of the tensor at {@code path} within the model, where the file holds one. */
  public Optional<Shape> shape(String path) {
    return names.find(AdapterStore.PREFIX + path).map(tensors::shape);
  }

  /**
   * The shape of each layer's tensors by path within the model. Asked for what is not there, the
   * function throws an {@link UncheckedIOException} that says so.
   */
  public Function<String, Shape> shapes() {
    return path ->
        shape(path)
            .orElseThrow(
                () ->
                    new UncheckedIOException(
                        new AdapterFormatException(
                            tensors.file(),
                            "tensor " + AdapterStore.PREFIX + path + " is missing")));
  }

  /**
   * Reads the tensor at {@code path} within the model, which the file must hold.
   *
   * @throws AdapterFormatException if it has values that are not finite
   */
  public Buffer read(String path, DataType type) throws IOException {
    String name = names.take(AdapterStore.PREFIX + path).orElseThrow();
    return Finite.required(tensors.file(), name, tensors.read(name, type));
  }

  /** Those of {@code paths} that the file holds and nothing has been made of yet. */
  public Set<String> among(Set<String> paths) {
    Set<String> left = names.left();
    Set<String> found = new TreeSet<>();
    for (String path : paths) {
      names
          .find(AdapterStore.PREFIX + path)
          .filter(left::contains)
          .ifPresent(any -> found.add(path));
    }
    return found;
  }

  /**
   * Reads the adapter's own tensors. What is wrong with them is said by {@link
   * #requireNothingWrong}.
   *
   * @param parameters all that have a path of their own
   * @param shared what all layers share, as read before; must fit the file
   */
  public void read(Map<String, Tensor> parameters, Map<String, Tensor> shared) throws IOException {
    Map<String, Tensor> found = new LinkedHashMap<>();
    AdapterStore.fileNames(parameters, shared)
        .forEach(
            (name, tensor) -> {
              Optional<String> own = names.take(name);
              Optional<String> problem = check(name, own, tensor);
              problem.ifPresent(problems::add);
              own.filter(n -> problem.isEmpty()).ifPresent(n -> found.put(n, tensor));
            });
    for (Map.Entry<String, Tensor> entry : found.entrySet()) {
      if (!shared.containsValue(entry.getValue())) {
        Buffer stored = tensors.read(entry.getKey(), entry.getValue().type());
        Finite.copy(stored, entry.getValue().value())
            .ifPresent(bad -> problems.add(Finite.problem(entry.getKey(), bad)));
      }
    }
  }

  private Optional<String> check(String name, Optional<String> own, Tensor tensor) {
    if (own.isEmpty()) {
      List<String> candidates = names.candidates(name);
      String several =
          candidates.isEmpty() ? "" : "; it could be any of " + Excerpt.list(candidates);
      return Optional.of("tensor " + name + " " + tensor.shape() + " is missing" + several);
    }
    Shape shape = tensors.shape(own.get());
    if (shape.equals(tensor.shape())) {
      return Optional.empty();
    }
    String problem = "tensor " + own.get() + " should be " + tensor.shape() + " but is " + shape;
    return Optional.of(shape.length() == 0 ? problem + AdapterFolder.GATHER : problem);
  }

  /**
   * @throws AdapterFormatException if tensors are missing, of the wrong shape or not finite, or the
   *     file holds some that nothing has been made of; the message names all of them
   */
  public void requireNothingWrong() throws AdapterFormatException {
    names.left().stream()
        .filter(name -> !name.contains(".original_module."))
        .map(name -> "tensor " + Excerpt.of(name) + " belongs to no layer of this adapter")
        .forEach(problems::add);
    if (!problems.isEmpty()) {
      throw new AdapterFormatException(tensors.file(), problems);
    }
  }

  @Override
  public void close() throws IOException {
    try {
      close(start);
    } finally {
      tensors.close();
    }
  }
}
