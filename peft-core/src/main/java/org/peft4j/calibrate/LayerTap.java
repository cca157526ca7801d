package org.peft4j.calibrate;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.Base;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/** An adapter that changes nothing and tells watches what passes through its layer. */
record LayerTap(String layer, List<InputWatch> inputs, Optional<GradientWatch> gradient)
    implements Adapter {

  @Override
  public Map<String, Tensor> parameters() {
    return Map.of();
  }

  @Override
  public Tensor forward(Tape t, Tensor x, Base base) {
    inputs.forEach(watch -> watch.see(layer, x));
    Tensor y = base.apply(t, x);
    return gradient.isPresent() ? gradient.get().watch(t, x, y) : y;
  }
}
