package org.peft4j.nn;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.peft4j.adapter.Base;
import org.peft4j.kernel.plain.PlainKernels;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

class KnownPositionsTest {

  private final List<Tensor> asked = new ArrayList<>();
  private final Base base =
      (t, x) -> {
        asked.add(x);
        return t.scale(x, 10);
      };
  private final Tensor all = Tensor.of(new double[] {1, 2, 3, 4, 5, 6}, 3, 2);
  private final Tensor x = Tensor.of(new double[] {-1, -1, -1, -1}, 2, 2);
  private final KnownPositions known = new KnownPositions(base, x, all, new int[] {2, 0});

  @Test
  void takesWhatIsKnownFromTheWholeBatch() {
    try (Tape t = Tape.inference(new PlainKernels())) {
      assertThat(known.apply(t, x).value().toDoubles()).containsExactly(5, 6, 1, 2);
      assertThat(asked).isEmpty();
    }
  }

  @Test
  void givesItsCallerMemoryToWriteInto() {
    try (Tape t = Tape.inference(new PlainKernels())) {
      t.addInto(known.apply(t, x), x, 1);

      assertThat(known.apply(t, x).value().toDoubles()).containsExactly(5, 6, 1, 2);
    }
  }

  @Test
  void asksTheBaseAboutAnyOtherInput() {
    try (Tape t = Tape.inference(new PlainKernels())) {
      Tensor turned = t.scale(x, 2);

      assertThat(known.apply(t, turned).value().toDoubles()).containsExactly(-20, -20, -20, -20);
      assertThat(asked).containsExactly(turned);
    }
  }
}
