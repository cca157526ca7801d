package org.peft4j.transformers.model;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/**
 * The keys and values of one sequence in every layer, so that the next token need not look at the
 * text again. All memory is taken at the start.
 *
 * <p>For one thread at a time; a second one is refused while a pass is going on. A sequence goes on
 * with the adapters that it was begun with.
 */
public final class KeyValueCache implements AutoCloseable {

  /** Kernels prepare themselves by shape, so single tokens look at a multiple of this many keys. */
  private static final int STEP = 64;

  private final Kernels kernels;
  private final int capacity;
  private final List<Buffer> keys = new ArrayList<>();
  private final List<Buffer> values = new ArrayList<>();
  private final AtomicReference<@Nullable Thread> user = new AtomicReference<>();
  private @Nullable Object context;
  private volatile boolean closed;
  private int length;

  /**
   * @param layers number of layers
   * @param capacity the longest sequence
   * @param width key heads times head size
   */
  public KeyValueCache(Kernels kernels, DataType type, int layers, int capacity, int width) {
    this.kernels = kernels;
    this.capacity = capacity;
    try {
      for (int layer = 0; layer < layers; layer++) {
        keys.add(zeros(type, width));
        values.add(zeros(type, width));
      }
    } catch (RuntimeException | OutOfMemoryError e) {
      close();
      throw e;
    }
  }

  /** How many tokens have been read. */
  public int length() {
    return length;
  }

  /** The longest sequence there is room for. */
  public int capacity() {
    return capacity;
  }

  /** Forgets the sequence and keeps the memory. */
  public void clear() {
    requireOpen();
    length = 0;
    context = null;
  }

  @Override
  public void close() {
    closed = true;
    keys.forEach(buffer -> buffer.memory().close());
    values.forEach(buffer -> buffer.memory().close());
  }

  // ---- for models ----

  /**
   * How many keys {@code tokens} new ones look at. For a single token that may be more than there
   * are: the caller says how many are real, and so needs no causal order.
   */
  public int keysSeenBy(int tokens) {
    int seen = length + tokens;
    return tokens == 1 ? Math.min(capacity, RoundUp.toMultiple(seen, STEP)) : seen;
  }

  /** Stores the keys of new tokens [tokens, width] and returns what those look at. */
  public Tensor keys(int layer, Tensor k) {
    return append(keys.get(layer), k);
  }

  /**
   * Stores the values of new tokens [tokens, width] and returns those of the keys that {@link
   * #keys} gives.
   */
  public Tensor values(int layer, Tensor v) {
    return append(values.get(layer), v);
  }

  /**
   * Reads {@code tokens} new ones on {@code t}, in a pass of which this thread alone is part.
   *
   * @param pass makes every layer store its keys and values
   */
  public Tensor read(Tape t, int tokens, Supplier<Tensor> pass) {
    return read(t, 0, tokens, pass);
  }

  private Tensor read(Tape t, int row, int tokens, Supplier<Tensor> pass) {
    requireOpen();
    if (!user.compareAndSet(null, Thread.currentThread())) {
      throw new IllegalStateException(
          "this cache is being read already; give each sequence a cache of its own");
    }
    try {
      requireRoomFor(tokens);
      Object wanted = t.context().ofRow(row);
      requireSame(wanted);
      Tensor hidden = pass.get();
      context = wanted;
      length += tokens;
      return hidden;
    } finally {
      user.set(null);
    }
  }

  /**
   * Reads one new token of each sequence on {@code t}, in one pass.
   *
   * @param pass makes every layer store the keys and values of all of them
   */
  public static Tensor readOneEach(Tape t, List<KeyValueCache> caches, Supplier<Tensor> pass) {
    Supplier<Tensor> inner = pass;
    for (int i = 0; i < caches.size(); i++) {
      int row = i;
      Supplier<Tensor> rest = inner;
      inner = () -> caches.get(row).read(t, row, 1, rest);
    }
    return inner.get();
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("this cache is closed");
    }
  }

  private void requireSame(Object wanted) {
    if (context != null && !context.equals(wanted)) {
      throw new IllegalStateException(
          "the %d tokens in this cache were read with other adapters than those of this tape; go on with the same, or clear the cache and read the text again"
              .formatted(length));
    }
  }

  private void requireRoomFor(int tokens) {
    if (length + tokens > capacity) {
      throw new IllegalStateException(
          "the cache has room for %d tokens, holds %d and was given %d more"
              .formatted(capacity, length, tokens));
    }
  }

  private Tensor append(Buffer stored, Tensor rows) {
    int tokens = rows.shape().rows();
    kernels.put(rows.value(), Write.SET, stored.rows(length, length + tokens));
    return Tensor.of(stored.rows(0, keysSeenBy(tokens)));
  }

  /**
   * Keys beyond the sequence get weight zero, but zero times what memory happens to hold may not be
   * zero.
   */
  private Buffer zeros(DataType type, int width) {
    Shape shape = Shape.of(capacity, width);
    Buffer buffer = kernels.buffer(type, shape);
    kernels.fill(0, buffer);
    return buffer;
  }
}
