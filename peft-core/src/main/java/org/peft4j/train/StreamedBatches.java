package org.peft4j.train;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Batches as they come. */
record StreamedBatches<B>(Iterator<? extends B> source, int accumulation)
    implements StepBatches<B> {

  @Override
  public List<B> of(int step) {
    List<B> batches = new ArrayList<>();
    while (batches.size() < accumulation && source.hasNext()) {
      batches.add(source.next());
    }
    return batches;
  }

  @Override
  public double epochsAfter(int steps) {
    return 0;
  }

  @Override
  public Map<String, String> identity() {
    throw new IllegalStateException("this is our bug: streamed batches cannot be gone on with");
  }
}
