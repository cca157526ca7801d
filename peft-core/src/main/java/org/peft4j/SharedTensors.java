package org.peft4j;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.peft4j.adapter.AdapterSite;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.FrozenWeight;
import org.peft4j.kernel.Memory;
import org.peft4j.kernel.Shape;
import org.peft4j.tensor.Tensor;

/**
 * The frozen tensors of one adapter: those that all its layers share, by name, and those of single
 * layers that are saved. A method asks for them through {@link AdapterSite#shared} and {@link
 * AdapterSite#saved}.
 */
final class SharedTensors {

  /** So many values more than a file holds do no harm, and what is missing is said better later. */
  private static final long SLACK = 1 << 24;

  private final int largestIn;
  private final int largestOut;
  private final Map<String, Buffer> given;
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();
  private final Map<String, FrozenWeight> frozen = new LinkedHashMap<>();
  private final List<Memory> owned = new ArrayList<>();
  private final Map<String, Tensor> saved = new LinkedHashMap<>();
  private final Map<String, Tensor> ofLayers = new LinkedHashMap<>();
  private final Optional<Function<String, Shape>> stored;
  private final long values;
  private long left;

  /**
   * None yet, of a new adapter.
   *
   * @param weights shapes [out, in] of the weights of all layers that will share
   * @param given what the adapter's file holds; used where name and shape are those asked for
   */
  SharedTensors(Collection<Shape> weights, Map<String, Buffer> given) {
    this(weights, given, Optional.empty());
  }

  /**
   * None yet.
   *
   * @param weights shapes [out, in] of the weights of all layers that will share
   * @param given what the adapter's file holds; used where name and shape are those asked for
   * @param stored of an adapter from a file, the shape there of each layer's tensors, by path
   */
  SharedTensors(
      Collection<Shape> weights,
      Map<String, Buffer> given,
      Optional<Function<String, Shape>> stored) {
    this(weights, given, stored, 0);
  }

  /**
   * None yet.
   *
   * @param weights shapes [out, in] of the weights of all layers that will share
   * @param given what the adapter's file holds; used where name and shape are those asked for
   * @param stored of an adapter from a file, the shape there of each layer's tensors, by path
   * @param values how many values that file holds: its layers cannot take many more
   */
  SharedTensors(
      Collection<Shape> weights,
      Map<String, Buffer> given,
      Optional<Function<String, Shape>> stored,
      long values) {
    this.stored = stored;
    this.values = values;
    this.left = SLACK + 2 * values;
    this.largestIn = weights.stream().mapToInt(Shape::columns).max().orElse(0);
    this.largestOut = weights.stream().mapToInt(Shape::rows).max().orElse(0);
    this.given = Map.copyOf(given);
  }

  /** Those to be saved with the adapter. */
  Map<String, Tensor> saved() {
    return Collections.unmodifiableMap(saved);
  }

  /** Those of single layers, by path. */
  Map<String, Tensor> ofLayers() {
    return Collections.unmodifiableMap(ofLayers);
  }

  /**
   * Settings from elsewhere may ask for more than there is memory; all that is trainable is in the
   * file.
   *
   * @throws IllegalArgumentException if the file cannot hold a tensor of that shape
   */
  void requireRoom(String path, Shape shape) {
    if (stored.isEmpty()) {
      return;
    }
    left -= Math.min(left, shape.length());
    if (left == 0) {
      throw new IllegalArgumentException(
          "adapter_config.json asks for a tensor %s at %s, but the adapter's file holds %,d numbers in all; its rank or another size is not that of these tensors"
              .formatted(shape, path, values));
    }
  }

  Optional<Function<String, Shape>> stored() {
    return stored;
  }

  /** Notes memory that was taken for this adapter. */
  Memory own(Memory memory) {
    owned.add(memory);
    return memory;
  }

  /** Frees all memory that was taken for this adapter. */
  void close() {
    frozen.values().forEach(FrozenWeight::close);
    owned.forEach(Memory::close);
  }

  Tensor keep(String layer, String name, Tensor constant) {
    ofLayers.put(layer + "." + name, constant);
    return constant;
  }

  int largestIn() {
    return largestIn;
  }

  int largestOut() {
    return largestOut;
  }

  Tensor get(String name, Shape shape, Function<Shape, Buffer> source) {
    return tensors.computeIfAbsent(name, any -> Tensor.of(source.apply(shape)));
  }

  FrozenWeight frozen(String name, Supplier<FrozenWeight> source) {
    return frozen.computeIfAbsent(name, any -> source.get());
  }

  Tensor getSaved(String name, Shape shape, Function<Shape, Buffer> source) {
    Tensor tensor = get(name, shape, source);
    Buffer stored = given.get(name);
    if (!saved.containsKey(name) && stored != null && stored.shape().equals(shape)) {
      tensor.value().put(stored);
    }
    saved.put(name, tensor);
    return tensor;
  }
}
