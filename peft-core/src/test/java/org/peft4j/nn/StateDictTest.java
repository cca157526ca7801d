package org.peft4j.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.Mlp;

class StateDictTest {

  private final StateDict whole = StateDict.of(Mlp.random(DataType.FLOAT32, 1));

  @Test
  void holdsAModelsTensorsInItsOrder() {
    assertThat(whole.tensors().keySet())
        .containsExactly("lin0.weight", "lin0.bias", "lin1.weight", "lin1.bias");
  }

  @Test
  void tellsShapesToModelsWhoseSizeTheyDecide() {
    assertThat(whole.shape("lin0.weight")).contains(Shape.of(32, 24));
    assertThat(whole.shape("lin2.weight")).isEmpty();
  }

  @Test
  void theModelBuiltOfThemSharesThem() {
    Mlp built = whole.build(Mlp::of);

    assertThat(StateDict.of(built)).isEqualTo(whole);
  }

  @Test
  void tellsEverythingThatDoesNotFit() {
    Map<String, Tensor> tensors = new LinkedHashMap<>(whole.tensors());
    tensors.remove("lin0.weight");
    tensors.put("lin1.weight", Tensor.of(new float[6], 2, 3));
    tensors.put("lin1.bias", Tensor.of(Buffer.allocate(DataType.INT64, Shape.of(16))));
    tensors.put("lin2.weight", Tensor.of(new float[6], 2, 3));

    assertThatExceptionOfType(MisfitException.class)
        .isThrownBy(() -> new StateDict(tensors).build(Mlp::of))
        .withMessage(
            """
            the tensors do not fit the model:
            - lin0.weight [32, 24] is missing
            - lin1.weight must have shape [16, 32] but has [2, 3]
            - lin1.bias must be F32, F64 or BF16 but is I64
            - lin2.weight [2, 3] is not asked for""");
  }

  @Test
  void tellsWhatIsMissingWhereTheModelRefusesWhatStandsInForIt() {
    assertThatExceptionOfType(MisfitException.class)
        .isThrownBy(
            () ->
                new StateDict(Map.of())
                    .build(
                        weights -> {
                          weights.get("a", Shape.of(2));
                          throw new IllegalStateException("zeros");
                        }))
        .withMessage("the tensors do not fit the model:\n- a [2] is missing");
  }

  @Test
  void whatTheModelItselfRefusesPassesThrough() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new StateDict(Map.of())
                    .build(
                        weights -> {
                          throw new IllegalArgumentException("heads must divide width");
                        }))
        .withMessage("heads must divide width");
  }

  @Test
  void listsNoMoreThanAnyoneReads() {
    Map<String, Tensor> many = new LinkedHashMap<>();
    for (int i = 0; i < 25; i++) {
      many.put("extra" + (char) ('a' + i), Tensor.of(new float[1], 1));
    }

    assertThatExceptionOfType(MisfitException.class)
        .isThrownBy(() -> new StateDict(many).build(weights -> "nothing"))
        .withMessageContaining("- extrat [1] is not asked for\n- and 5 more");
  }

  @Test
  void aSingleTensorThatIsNotThereOrHasAnotherShapeIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> whole.get("lin2.weight", Shape.of(2, 2)))
        .withMessage(
            "there is no tensor lin2.weight [2, 2]; there are lin0.weight, lin0.bias,"
                + " lin1.weight, lin1.bias");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> whole.get("lin1.bias", Shape.of(2)))
        .withMessage("lin1.bias must have shape [2] but has [16]");
  }
}
