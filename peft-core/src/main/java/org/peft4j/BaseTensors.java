package org.peft4j;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.io.Excerpt;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Shape;
import org.peft4j.nn.AdapterHost;
import org.peft4j.nn.Model;
import org.peft4j.nn.ModuleTree;
import org.peft4j.nn.Parameter;
import org.peft4j.nn.SiteKind;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.WholeTensors;
import org.peft4j.store.StoredAdapter;
import org.peft4j.tensor.Tensor;

/**
 * The tensors of the base that an adapter's file has its own of: embedding tables and biases that
 * were saved with it, rows of single tokens. They stand in for the base's while the adapter is
 * active. A table may have more rows than the base's, where the vocabulary grew before training.
 */
final class BaseTensors {

  private static final String ROWS = "token_adapter.trainable_tokens_delta";

  private final StoredAdapter stored;
  private final AdapterSpec spec;
  private final WholeTensors whole;
  private final Map<String, Parameter> own;
  private final Set<String> tables;
  private final Map<String, Tensor> found = new LinkedHashMap<>();
  private final Map<String, Tensor> kept = new LinkedHashMap<>();
  private final List<String> problems = new ArrayList<>();

  BaseTensors(StoredAdapter stored, AdapterSpec spec, Model<?> model) {
    this.stored = stored;
    this.spec = spec;
    this.whole = WholeTensors.of(spec.info());
    this.own = ModuleTree.ownParameters(model);
    this.tables = tables(model);
  }

  /** Tables with a row for every token: those of embeddings, and of output layers of that size. */
  private static Set<String> tables(Model<?> model) {
    Set<String> tables = new LinkedHashSet<>();
    Set<Integer> vocabularies = new TreeSet<>();
    Map<String, AdapterHost> hosts = ModuleTree.hosts(model);
    hosts.forEach(
        (path, host) -> {
          if (host.kind() == SiteKind.EMBEDDING) {
            tables.add(ModuleTree.join(path, "weight"));
            vocabularies.add(host.weight().shape().rows());
          }
        });
    for (String path : model.outputLayers()) {
      AdapterHost host = hosts.get(path);
      if (host != null && vocabularies.contains(host.weight().shape().rows())) {
        tables.add(ModuleTree.join(path, "weight"));
      }
    }
    return tables;
  }

  /** Reads the tables, which adapters of single layers are built on. */
  Map<String, Tensor> readTables(Set<String> trainedWhole) throws IOException {
    Set<String> wanted = new LinkedHashSet<>(tables);
    wanted.removeAll(trainedWhole);
    readAll(wanted);
    tie();
    readRows();
    requireOneVocabulary(trainedWhole);
    return Map.copyOf(found);
  }

  /** Reads everything of the base that is left in the file. */
  void readRest() throws IOException {
    Set<String> wanted = new LinkedHashSet<>(own.keySet());
    wanted.removeAll(found.keySet());
    readAll(wanted);
    tie();
  }

  private void readAll(Set<String> wanted) throws IOException {
    for (String path : stored.among(wanted)) {
      if (fits(path)) {
        Buffer values = stored.read(path, parameter(path).type());
        found.put(path, Tensor.of(values));
        kept.put(path, Tensor.of(values));
      }
    }
    require();
  }

  private Parameter parameter(String path) {
    return Objects.requireNonNull(own.get(path), path);
  }

  private boolean fits(String path) {
    Shape shape = stored.shape(path).orElseThrow();
    if (shape.equals(parameter(path).shape()) || isGrown(path)) {
      return true;
    }
    problems.add(
        "tensor "
            + path
            + " should be "
            + parameter(path).shape()
            + " but is "
            + shape
            + (tables.contains(path)
                ? "; a vocabulary may only grow, so give the base that it was trained on"
                : ""));
    return false;
  }

  /** Whether the file's table has more rows than the base's. */
  boolean isGrown(String path) {
    Shape base = parameter(path).shape();
    Optional<Shape> shape = stored.shape(path).filter(s -> s.rank() == 2 && tables.contains(path));
    return shape.isPresent()
        && shape.get().columns() == base.columns()
        && shape.get().rows() > base.rows();
  }

  /** Where the base uses a tensor twice and the file holds it once, it stands in for both. */
  private void tie() {
    Map<String, Tensor> tied = new LinkedHashMap<>();
    found.forEach(
        (path, tensor) ->
            own.forEach(
                (other, parameter) -> {
                  boolean same = parameter.pretrained() == parameter(path).pretrained();
                  if (same && isFree(other, tensor)) {
                    tied.put(other, tensor);
                  }
                }));
    found.putAll(tied);
  }

  private boolean isFree(String path, Tensor tensor) {
    Tensor other = found.get(path);
    return other == null ? stored.shape(path).isEmpty() : isSame(other, tensor);
  }

  /** Whether two tensors hold the same values. */
  static boolean isSame(Tensor one, Tensor other) {
    if (one == other) {
      return true;
    }
    Buffer a = one.value();
    Buffer b = other.value();
    boolean same = a.shape().equals(b.shape());
    for (int i = 0; same && a.shape().rank() == 2 && i < a.rows(); i++) {
      same = java.util.Arrays.equals(a.rows(i, i + 1).toDoubles(), b.rows(i, i + 1).toDoubles());
    }
    return same && (a.shape().rank() == 2 || java.util.Arrays.equals(a.toDoubles(), b.toDoubles()));
  }

  private void readRows() throws IOException {
    for (Map.Entry<String, List<Integer>> entry : whole.tokens().entrySet()) {
      String table = table(entry.getKey());
      String module = table.substring(0, table.lastIndexOf('.'));
      readRows(ModuleTree.join(module, ROWS), table, entry.getValue());
    }
    require();
  }

  private String table(String name) throws AdapterFormatException {
    for (String table : tables) {
      String module = table.substring(0, table.lastIndexOf('.'));
      if (name.isEmpty() || module.equals(name) || module.endsWith("." + name)) {
        return table;
      }
    }
    throw new AdapterFormatException(
        stored.file(),
        "trainable_token_indices names "
            + Excerpt.of(name)
            + ", but the tables of this model are "
            + Excerpt.list(tables));
  }

  private void readRows(String path, String table, List<Integer> ids) throws IOException {
    Tensor base = found.getOrDefault(table, parameter(table).pretrained());
    Shape wanted = Shape.of(ids.size(), base.shape().columns());
    Optional<Shape> shape = stored.shape(path);
    if (!shape.equals(Optional.of(wanted))) {
      problems.add(
          "tensor %s should be %s but is %s"
              .formatted(path, wanted, shape.map(Shape::toString).orElse("missing")));
      return;
    }
    ids.stream()
        .filter(id -> id >= base.shape().rows())
        .findFirst()
        .ifPresent(
            id ->
                problems.add(
                    "trainable_token_indices has token %d, but %s has %d rows"
                        .formatted(id, table, base.shape().rows())));
    require();
    Buffer rows = stored.read(path, parameter(table).type());
    kept.put(path, Tensor.of(rows));
    Tensor changed = Tensor.of(withRows(base.value(), rows, ids));
    Tensor pretrained = parameter(table).pretrained();
    own.forEach(
        (other, parameter) -> {
          if (parameter.pretrained() == pretrained && !isOwn(other, table)) {
            found.put(other, changed);
          }
        });
  }

  /** A table that the file tells about by itself keeps what that says. */
  private boolean isOwn(String other, String table) {
    String module = other.substring(0, other.lastIndexOf('.'));
    return !other.equals(table) && stored.shape(ModuleTree.join(module, ROWS)).isPresent();
  }

  private Buffer withRows(Buffer table, Buffer rows, List<Integer> ids) {
    Buffer changed = Buffer.allocate(rows.type(), table.shape());
    changed.put(table);
    for (int i = 0; i < ids.size(); i++) {
      changed.rows(ids.get(i), ids.get(i) + 1).put(rows.rows(i, i + 1));
    }
    return changed;
  }

  private void requireOneVocabulary(Set<String> trainedWhole) throws AdapterFormatException {
    Map<String, Integer> rows = new LinkedHashMap<>();
    for (String table : tables) {
      boolean saved = trainedWhole.contains(table);
      Shape base = parameter(table).shape();
      Shape now = saved || whole.tied() ? inFile(table, base) : found(table, base);
      rows.put(table, now.rows());
    }
    if (Set.copyOf(rows.values()).size() > 1 && isAnyGrown()) {
      throw new AdapterFormatException(
          stored.file(),
          "the vocabulary grew in some tables only, "
              + rows
              + " rows; save the adapter with all of them (save_embedding_layers=True)");
    }
  }

  /** Of a table that is saved, or tied to one that is. */
  private Shape inFile(String table, Shape base) {
    return own.entrySet().stream()
        .filter(e -> e.getValue().pretrained() == parameter(table).pretrained())
        .flatMap(e -> stored.shape(e.getKey()).stream())
        .findFirst()
        .orElse(base);
  }

  private Shape found(String table, Shape base) {
    Tensor tensor = found.get(table);
    return tensor == null ? base : tensor.shape();
  }

  private boolean isAnyGrown() {
    return tables.stream().anyMatch(this::isGrown);
  }

  /** Hands what was read to {@code adapter}. */
  void putInto(InstalledAdapter adapter) throws AdapterFormatException {
    found.forEach(
        (path, tensor) -> {
          if (!BaseTensors.isSame(tensor, parameter(path).pretrained())) {
            put(adapter, path, tensor);
          }
        });
    kept.forEach(
        (path, tensor) -> {
          if (!found.containsKey(path) || adapter.isReplaced(path)) {
            adapter.keep(path, tensor);
          }
        });
    requireBiases(adapter);
  }

  private void put(InstalledAdapter adapter, String path, Tensor tensor) {
    Tensor copy = adapter.copies().get(path);
    if (copy != null && !BaseTensors.isSame(copy, tensor)) {
      problems.add(
          "ensure_weight_tying is true, but "
              + path
              + " differs from the table that it should be tied to");
    } else if (whole.hasBiases() && path.endsWith(".bias")) {
      adapter.train(path, Tensor.parameter(tensor.value()));
    } else if (copy == null) {
      adapter.replace(path, tensor);
    }
  }

  /** Hugging Face PEFT up to 0.20 trains biases of adapted layers but does not save them. */
  private void requireBiases(InstalledAdapter adapter) throws AdapterFormatException {
    if (whole.hasBiases()) {
      Set<String> missing = new TreeSet<>(own.keySet());
      missing.removeIf(path -> !path.endsWith(".bias") || !isTrained(path, adapter));
      missing.removeIf(path -> stored.shape(path).isPresent());
      if (!missing.isEmpty()) {
        problems.add(
            "bias is "
                + whole.bias()
                + " in adapter_config.json, but the file lacks "
                + Excerpt.list(missing)
                + ", which were trained: some releases of Hugging Face PEFT do not save them; merge"
                + " it in the program that trained it, or set bias to none to do without");
      }
    }
    require();
  }

  private boolean isTrained(String bias, InstalledAdapter adapter) {
    String layer = bias.substring(0, bias.length() - ".bias".length());
    return whole.hasAllBiases() || adapter.sites().containsKey(layer);
  }

  /** What there is to tell about tables and rows. */
  List<String> notes() {
    List<String> notes = new ArrayList<>();
    for (String table : tables) {
      if (isGrown(table)) {
        notes.add(
            "%s has %d rows, %d more than the base's: the model has them while the adapter is active"
                .formatted(
                    table,
                    stored.shape(table).orElseThrow().rows(),
                    stored.shape(table).orElseThrow().rows() - parameter(table).shape().rows()));
      }
    }
    return notes;
  }

  private void require() throws AdapterFormatException {
    if (!problems.isEmpty()) {
      throw new AdapterFormatException(stored.file(), problems);
    }
  }

  /** The spec, of which a few things cannot be done. */
  void requirePossible(Set<String> layers) throws AdapterFormatException {
    for (String table : tables) {
      String module = table.substring(0, table.lastIndexOf('.'));
      if (layers.contains(module) && whole.tied() && isTied(table)) {
        throw new AdapterFormatException(
            stored.file(),
            "ensure_weight_tying ties what adapts "
                + module
                + ", one of the targets, to another table; that is supported for modules_to_save"
                + " only, so merge it in Hugging Face PEFT");
      }
      if (layers.contains(module) && !whole.tokens().isEmpty()) {
        throw new AdapterFormatException(
            stored.file(),
            "trainable_token_indices and an adapter of " + module + " are not supported together");
      }
    }
    if (!whole.tokens().isEmpty() && !spec.modulesToSave().isEmpty()) {
      requireOther();
    }
  }

  private boolean isTied(String table) {
    return own.values().stream()
            .filter(p -> p.pretrained() == parameter(table).pretrained())
            .count()
        > 1;
  }

  private void requireOther() throws AdapterFormatException {
    for (String name : whole.tokens().keySet()) {
      if (spec.modulesToSave().contains(name)) {
        throw new AdapterFormatException(
            stored.file(),
            name + " is in modules_to_save and in trainable_token_indices; one must be left out");
      }
    }
  }
}
