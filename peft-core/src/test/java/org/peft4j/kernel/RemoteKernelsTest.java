package org.peft4j.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import org.junit.jupiter.api.Test;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.kernel.KernelsContract;
import org.peft4j.testkit.kernel.Link;
import org.peft4j.testkit.kernel.RemoteKernels;
import org.peft4j.testkit.kernel.TapeContract;

/** An engine whose memory the host cannot read. */
class RemoteKernelsTest implements KernelsContract, TapeContract {

  private final Link link = new Link();
  private final Kernels kernels = RemoteKernels.over(link);

  @Override
  public Kernels kernels() {
    return kernels;
  }

  @Override
  public DataType type() {
    return DataType.FLOAT64;
  }

  @Override
  public double tolerance() {
    return 1e-12;
  }

  @Test
  void refusesWhatWasNotPlaced() {
    Buffer host = Buffer.allocate(DataType.FLOAT64, Shape.of(2, 2));
    assertThatIllegalArgumentException().isThrownBy(() -> kernels.fill(1, host));
    Tensor constant = Tensor.of(new double[] {1, 2}, 1, 2);
    try (Tape t = Tape.inference(kernels)) {
      Tensor y = t.add(constant, constant);
      assertThat(y.value().isHost()).isFalse();
      assertThatIllegalStateException().isThrownBy(y.value()::address);
      assertThat(y.value().toDoubles()).containsExactly(2, 4);
    }
  }

  @Test
  void placesAConstantOnce() {
    Tensor constant = Tensor.of(new double[] {1, 2}, 1, 2);
    try (Tape t = Tape.inference(kernels)) {
      t.add(constant, constant);
      assertThat(link.step(() -> t.add(constant, constant))).isEmpty();
    }
  }

  @Test
  void whatQueriesSeeIsPlacedOnceForAllLayers() {
    VisibleKeys packed = new VisibleKeys(true, new int[] {3}, new int[] {0, 0, 2});
    assertThat(link.step(() -> packed.on(kernels))).hasSize(2);
    assertThat(link.step(() -> packed.on(kernels))).isEmpty();
    assertThat(packed.on(kernels).starts().toInts()).containsExactly(0, 0, 2);
    VisibleKeys whole = new VisibleKeys(true, new int[] {3, 2});
    assertThat(whole.on(kernels).lengths().toInts()).containsExactly(3, 2);
    assertThat(whole.on(kernels).starts()).isNull();
    assertThat(whole.on(RemoteKernels.over(link)).lengths().memory())
        .isNotSameAs(whole.on(kernels).lengths().memory());
  }

  @Test
  void whatWasPlacedIsFreeWhenTheConstantIs() {
    Tensor constant = Tensor.of(new double[] {1, 2}, 1, 2);
    try (Tape t = Tape.inference(kernels)) {
      t.add(constant, constant);
      constant.free();
      assertThatIllegalStateException().isThrownBy(() -> t.add(constant, constant));
    }
  }

  @Test
  void aStepLetsNothingThroughButNumbersAndIndices() {
    Buffer buffer = kernels.buffer(DataType.FLOAT64, Shape.of(2));
    assertThatExceptionOfType(AssertionError.class)
        .isThrownBy(() -> link.step(buffer::toDoubles))
        .withMessage("in a step: Transfer[toHost=true, type=FLOAT64, elements=2]");
    assertThatExceptionOfType(AssertionError.class)
        .isThrownBy(() -> link.step(() -> buffer.put(new double[2])));
    assertThat(link.step(() -> kernels.indices(1, 2))).hasSize(1);
  }

  @Test
  void refusesToTrainWhatWasNotPlaced() {
    Tensor parameter = Tensor.parameter(Buffer.allocate(DataType.FLOAT64, Shape.of(1, 2)));
    try (Tape t = Tape.training(kernels)) {
      assertThatIllegalStateException()
          .isThrownBy(() -> t.add(parameter, parameter))
          .withMessage(
              "this [1, 2] parameter lies where the remote kernels do not read; make it of"
                  + " Kernels.place");
    }
  }
}
