package org.peft4j.tensor;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.testkit.GradientCheck;
import org.peft4j.testkit.kernel.Operation;

/** Every operation passes the right gradient to every input, however it is used. */
class TapeGradientTest {

  private static final String ALL = "org.peft4j.testkit.kernel.Operation#all";

  @ParameterizedTest
  @MethodSource(ALL)
  void gradientEqualsCentralDifferences(Operation operation) {
    GradientCheck.of(operation).equalsCentralDifferences();
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void usingAnInputTwiceAddsBothGradients(Operation operation) {
    GradientCheck.of(operation).addsUpWhereAnInputIsUsedTwice();
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void anInputAloneGetsTheSameGradientAsAmongOthers(Operation operation) {
    GradientCheck.of(operation).isTheSameForAnInputAlone();
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void aCheckpointedBlockPassesTheSameGradients(Operation operation) {
    GradientCheck.of(operation).isTheSameUnderCheckpointing();
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void theMemoryOfTheResultNeedsNoClearing(Operation operation) {
    GradientCheck.of(operation).writesEveryElement();
  }
}
