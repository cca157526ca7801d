package org.peft4j;

import java.util.Map;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.Base;
import org.peft4j.initializer.Offset;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/**
 * An adapter whose start is taken from the base it sees, and from that alone: the layer's weight
 * stays what it is for every other adapter.
 */
record OffsetAdapter(Adapter adapter, Offset offset) implements Adapter {

  @Override
  public Map<String, Tensor> parameters() {
    return adapter.parameters();
  }

  @Override
  public Tensor forward(Tape t, Tensor x, Base base) {
    return adapter.forward(t, x, offset.below(base));
  }
}
