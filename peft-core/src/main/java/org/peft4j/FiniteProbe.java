package org.peft4j;

import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.Base;
import org.peft4j.kernel.Kernels;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/** Finds the first layer of a forward pass that numbers which are not finite pass through. */
final class FiniteProbe {

  private final Kernels kernels;
  private @Nullable String found;

  FiniteProbe(Kernels kernels) {
    this.kernels = kernels;
  }

  Optional<String> found() {
    return Optional.ofNullable(found);
  }

  /** What looks at the layer at {@code path}: an adapter that changes nothing. */
  Adapter at(String path) {
    return new Probe(path);
  }

  private void look(Tensor x, String what) {
    if (found == null && !Double.isFinite(kernels.squaredNorm(x.value()))) {
      found = what;
    }
  }

  private final class Probe implements Adapter {

    private final String path;

    Probe(String path) {
      this.path = path;
    }

    @Override
    public Map<String, Tensor> parameters() {
      return Map.of();
    }

    @Override
    public Tensor forward(Tape t, Tensor x, Base base) {
      look(x, "what goes into " + path + " is not finite");
      Tensor y = base.apply(t, x);
      look(y, "what comes out of " + path + " is not finite");
      return y;
    }
  }
}
