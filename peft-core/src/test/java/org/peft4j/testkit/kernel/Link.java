package org.peft4j.testkit.kernel;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.peft4j.kernel.DataType;

/**
 * The way between the host and a {@linkplain RemoteKernels remote memory}: writes down all that
 * goes over it, and lets through what is allowed at the time.
 */
public final class Link {

  private final List<Transfer> transfers = new ArrayList<>();
  private boolean inStep;

  /**
   * Elements that went one way at once.
   *
   * @param toHost or else from there
   * @param type of the elements
   * @param elements how many
   */
  public record Transfer(boolean toHost, DataType type, long elements) {

    /** A number that somebody waits for, such as a loss. */
    public boolean isFetchedNumber() {
      return toHost && elements == 1;
    }

    /** Rows, labels or positions of a batch. */
    public boolean isPlacedIndices() {
      return !toHost && type == DataType.INT32;
    }
  }

  /**
   * Computes {@code body}, in which nothing goes over but single numbers to the host, and indices
   * from there.
   *
   * @return what went over
   */
  public List<Transfer> step(Runnable body) {
    return noted(
        () -> {
          inStep = true;
          try {
            body.run();
          } finally {
            inStep = false;
          }
          return body;
        });
  }

  private List<Transfer> noted(Supplier<?> body) {
    int before = transfers.size();
    body.get();
    return List.copyOf(transfers.subList(before, transfers.size()));
  }

  void carry(Transfer transfer) {
    if (inStep && !transfer.isFetchedNumber() && !transfer.isPlacedIndices()) {
      throw new AssertionError("in a step: " + transfer);
    }
    transfers.add(transfer);
  }
}
