package org.peft4j.init.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.peft4j.init.linalg.Matrices.assertClose;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.kernel.DataType;
import org.peft4j.testkit.Golden;

/** Against what PyTorch computed in float32 for the same matrices. */
class PyTorchDecompositionsTest {

  @ParameterizedTest
  @ValueSource(strings = {"lin0", "lin1"})
  void hasTheSingularValuesAndVectorsOfPyTorch(String layer) {
    Golden golden = Golden.of("pissa", DataType.FLOAT64);
    Svd ours = Svd.of(layer, matrix(golden, "base." + layer + ".weight"));
    Matrix theirU = matrix(golden, "prep." + layer + ".svd.U");
    Matrix theirVt = matrix(golden, "prep." + layer + ".svd.Vh");
    Signs.fix(theirU, theirVt);
    assertThat(ours.singularValues())
        .containsExactly(golden.numbers("prep." + layer + ".svd.S"), Offset.offset(5e-6));
    assertClose(ours.u(), theirU, 3e-5);
    assertClose(ours.vt(), theirVt, 3e-5);
  }

  @ParameterizedTest
  @ValueSource(strings = {"lin0", "lin1"})
  void hasTheQrFactorsOfPyTorchWithTheirSigns(String layer) {
    Golden golden = Golden.of("olora", DataType.FLOAT64);
    Qr ours = Qr.of(layer, matrix(golden, "base." + layer + ".weight"));
    assertClose(ours.q(), matrix(golden, "prep." + layer + ".qr.Q"), 2e-6);
    assertClose(ours.r(), matrix(golden, "prep." + layer + ".qr.R"), 2e-6);
  }

  @Test
  void hasThePrincipalComponentsOfPyTorch() {
    Golden golden = Golden.of("eva_rho1", DataType.FLOAT64);
    StreamingPca pca = streamed(golden, 24);
    Matrix theirs = matrix(golden, "prep.exact.lin0.Vh");
    Signs.fix(theirs);
    assertThat(pca.singularValues())
        .containsExactly(golden.numbers("prep.exact.lin0.S"), Offset.offset(1e-5));
    assertClose(pca.components().rows(0, 4), theirs.rows(0, 4), 1e-6);
  }

  @Test
  void cutsOffAsHuggingFacesEvaDoes() {
    Golden golden = Golden.of("eva_rho1", DataType.FLOAT64);
    Matrix theirs = matrix(golden, "prep.eva_state.base_model.model.lin0");
    assertClose(streamed(golden, 4).components(), theirs, 1e-6);
  }

  private static StreamingPca streamed(Golden golden, int components) {
    StreamingPca pca = new StreamingPca(components, 24, Svd::of);
    for (int i = 0; i < 4; i++) {
      pca = pca.add("inputs of lin0", matrix(golden, "prep.calib." + i));
    }
    return pca;
  }

  private static Matrix matrix(Golden golden, String name) {
    return Matrix.of(golden.tensor(name).value());
  }
}
