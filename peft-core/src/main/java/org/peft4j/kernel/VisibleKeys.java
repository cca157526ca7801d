package org.peft4j.kernel;

import java.lang.ref.Cleaner;
import org.jspecify.annotations.Nullable;

/**
 * Which keys queries may look at. One of these serves all layers of a pass, so what an engine needs
 * of it elsewhere than on the host is placed there once.
 *
 * <p>May be shared by threads.
 */
public final class VisibleKeys {

  private static final Cleaner FREED_WITH_IT = Cleaner.create();

  private final boolean causal;
  private final int[] lengths;
  private final int[] starts;
  private @Nullable Placed placed;
  private @Nullable Kernels where;

  /**
   * The arrays where kernels read them.
   *
   * @param lengths INT32 [batch]
   * @param starts INT32 [batch * queries]; null where all examples begin with their sequences
   */
  public record Placed(Buffer lengths, @Nullable Buffer starts) {

    private void free() {
      lengths.memory().close();
      if (starts != null) {
        starts.memory().close();
      }
    }
  }

  /**
   * Of sequences that may hold several examples.
   *
   * @param causal whether a query sees no later key
   * @param lengths how many keys of each sequence are real, the rest being padding on the right
   * @param starts the first key that each query may look at, [batch * queries]; empty where that is
   *     the first of all everywhere. Only a causal order keeps queries from looking at later
   *     examples
   */
  public VisibleKeys(boolean causal, int[] lengths, int[] starts) {
    this.causal = causal;
    this.lengths = lengths;
    this.starts = starts;
  }

  /** Of sequences of one example each. */
  public VisibleKeys(boolean causal, int[] lengths) {
    this(causal, lengths, new int[0]);
  }

  /** Whether a query sees no later key. */
  public boolean causal() {
    return causal;
  }

  /** How many keys of each sequence are real, [batch], for engines that plan by them. */
  public int[] lengths() {
    return lengths;
  }

  /** The first key that each query may look at, [batch * queries], or empty. */
  public int[] starts() {
    return starts;
  }

  /** Lengths and starts where {@code kernels} read them; freed some time after this is gone. */
  public synchronized Placed on(Kernels kernels) {
    Placed ready = placed;
    if (ready == null || where != kernels) {
      Placed fresh =
          new Placed(kernels.indices(lengths), starts.length == 0 ? null : kernels.indices(starts));
      FREED_WITH_IT.register(this, fresh::free);
      ready = fresh;
      placed = fresh;
      where = kernels;
    }
    return ready;
  }
}
