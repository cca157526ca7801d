package org.peft4j.train;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Memory;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;
import org.peft4j.tensor.Tensor;

/**
 * All trained tensors side by side in one vector, and all their gradients in another, in a stable
 * order. Optimizers, clipping and whatever sends gradients elsewhere see two vectors and nothing
 * else.
 */
public final class FlatParameters {

  private final Map<String, Tensor> tensors;
  private final Kernels kernels;
  private final Buffer values;
  private final Buffer gradients;
  private final Holder holder;

  /**
   * Moves the tensors into one vector.
   *
   * @throws IllegalArgumentException if there is none
   * @throws IllegalStateException if whoever moved them last does not let go of them
   */
  public FlatParameters(Map<String, Tensor> tensors, Kernels kernels) {
    this(tensors, kernels, () -> {});
  }

  /**
   * @param beforeNextMove runs when somebody else wants to move one of the tensors; throws if that
   *     must not be
   */
  FlatParameters(Map<String, Tensor> tensors, Kernels kernels, Runnable beforeNextMove) {
    if (tensors.isEmpty()) {
      throw new IllegalArgumentException("nothing to train: no adapter is active");
    }
    this.tensors = Collections.unmodifiableMap(distinct(tensors));
    this.kernels = kernels;
    this.holder = new Holder(beforeNextMove);
    this.tensors.values().forEach(Tensor::requireMovable);
    int length =
        Math.toIntExact(this.tensors.values().stream().mapToLong(t -> t.shape().length()).sum());
    this.values = present(length).orElseGet(() -> vector(length));
    this.gradients = vector(length);
    long offset = 0;
    for (Tensor tensor : this.tensors.values()) {
      tensor.moveTo(part(values, offset, tensor), part(gradients, offset, tensor), holder);
      offset += tensor.shape().length();
    }
  }

  /** Told by a tensor that somebody else is about to move it. */
  private record Holder(Runnable beforeNextMove) implements Runnable {
    @Override
    public void run() {
      beforeNextMove.run();
    }
  }

  /** The vector that an earlier training of the same tensors left them in. */
  private Optional<Buffer> present(int length) {
    Memory memory = tensors.values().iterator().next().value().memory();
    if (memory.length() != length) {
      return Optional.empty();
    }
    Buffer whole = new Buffer(memory, 0, Shape.of(length));
    long offset = 0;
    for (Tensor tensor : tensors.values()) {
      if (tensor.value().memory() != memory || tensor.value().offset() != offset) {
        return Optional.empty();
      }
      offset += tensor.shape().length();
    }
    return Optional.of(whole);
  }

  /** A tensor of several names lies in the vectors once, under the first of them. */
  private static Map<String, Tensor> distinct(Map<String, Tensor> tensors) {
    Map<String, Tensor> distinct = new LinkedHashMap<>(tensors);
    Set<Tensor> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    distinct.values().removeIf(tensor -> !seen.add(tensor));
    return distinct;
  }

  /** The values of all tensors, [length]. */
  public Buffer values() {
    return values;
  }

  /** The gradients of all tensors, [length], as {@link #completeGradients} last left them. */
  public Buffer gradients() {
    return gradients;
  }

  /** The tensors by name, in the order in which they lie in the vectors. */
  public Map<String, Tensor> tensors() {
    return tensors;
  }

  /** Forgets all gradients: the next backward pass starts from zero. */
  public void clearGradients() {
    tensors.values().forEach(Tensor::clearGradient);
  }

  /** Sets the gradients of tensors that no backward pass has reached to zero. */
  public void completeGradients() {
    long offset = 0;
    for (Tensor tensor : tensors.values()) {
      if (tensor.gradient() == null) {
        kernels.fill(0, part(gradients, offset, tensor));
      }
      offset += tensor.shape().length();
    }
  }

  /** A vector as long as the parameters, all zero; the caller closes its memory. */
  public Buffer zeros() {
    Buffer zeros = vector(Math.toIntExact(values.length()));
    kernels.fill(0, zeros);
    return zeros;
  }

  /** The values as they are now; the caller closes the memory. */
  public Buffer copy() {
    Buffer copy = vector(Math.toIntExact(values.length()));
    kernels.put(values, Write.SET, copy);
    return copy;
  }

  /**
   * @throws IllegalStateException if somebody else has moved one of the tensors since
   */
  void requireInPlace() {
    for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
      if (!entry.getValue().isHeldBy(holder)) {
        throw new IllegalStateException(
            "another trainer has taken over "
                + entry.getKey()
                + ", so this one would change nothing; use one trainer after the other for the same"
                + " adapters");
      }
    }
  }

  /** Whether a backward pass has reached any of the tensors since they were cleared. */
  boolean haveGradients() {
    return tensors.values().stream().anyMatch(tensor -> tensor.gradient() != null);
  }

  /** Frees the gradients. The tensors keep their values, which somebody else may move now. */
  void close() {
    tensors.values().stream()
        .filter(tensor -> tensor.isHeldBy(holder))
        .forEach(Tensor::endTraining);
    gradients.memory().close();
  }

  /** The name of the first tensor that holds a number which is not finite, in {@code vector}. */
  Optional<String> firstNotFinite(Buffer vector) {
    long offset = 0;
    for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
      if (!Double.isFinite(kernels.squaredNorm(part(vector, offset, entry.getValue())))) {
        return Optional.of(entry.getKey());
      }
      offset += entry.getValue().shape().length();
    }
    return Optional.empty();
  }

  private Buffer vector(int length) {
    DataType type = tensors.values().iterator().next().type();
    return kernels.buffer(type, Shape.of(length));
  }

  private static Buffer part(Buffer vector, long offset, Tensor tensor) {
    return new Buffer(vector.memory(), offset, tensor.shape());
  }
}
