package org.peft4j.adapters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;
import static org.peft4j.adapters.MlpRuns.adapted;
import static org.peft4j.adapters.MlpRuns.mlp;
import static org.peft4j.adapters.MlpRuns.moved;
import static org.peft4j.adapters.MlpRuns.output;
import static org.peft4j.adapters.MlpRuns.tensors;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
import org.peft4j.nn.StateDict;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.Mlp;

/** Which singular vectors SVFit takes, and that the files hold them. */
class SvfitFilesTest {

  @TempDir Path folder;

  @Test
  void storesOrthonormalVectors() throws IOException {
    adapted(new SvfitConfig(6)).save(folder);

    Map<String, Buffer> tensors = tensors(folder);
    assertThat(tensors.keySet())
        .containsExactlyInAnyOrder(
            "base_model.model.lin0.svfit_delta",
            "base_model.model.lin0.svfit_s",
            "base_model.model.lin0.svfit_u",
            "base_model.model.lin0.svfit_vt",
            "base_model.model.lin1.svfit_delta",
            "base_model.model.lin1.svfit_s",
            "base_model.model.lin1.svfit_u",
            "base_model.model.lin1.svfit_vt");
    double[] u = tensors.get("base_model.model.lin1.svfit_u").toDoubles();
    double[] vt = tensors.get("base_model.model.lin1.svfit_vt").toDoubles();
    for (int i = 0; i < 6; i++) {
      for (int j = 0; j < 6; j++) {
        double left = 0;
        for (int row = 0; row < Mlp.OUT; row++) {
          left += u[row * 6 + i] * u[row * 6 + j];
        }
        double right = 0;
        for (int column = 0; column < Mlp.HIDDEN; column++) {
          right += vt[i * Mlp.HIDDEN + column] * vt[j * Mlp.HIDDEN + column];
        }
        assertThat(left).isCloseTo(i == j ? 1 : 0, within(1e-12));
        assertThat(right).isCloseTo(i == j ? 1 : 0, within(1e-12));
      }
    }
  }

  /** Squares 16, 9, 4, 1: of their sum, 30, the first hold 53.3 %, 83.3 %, 96.7 %, 100 %. */
  @ParameterizedTest
  @CsvSource({"0.01,1", "0.53,1", "0.54,2", "0.83,2", "0.84,3", "0.96,3", "0.97,4", "1,4"})
  void takesAsManySingularValuesAsHoldTheEnergy(double energy, int rank) {
    PeftModel<Mlp> model = adapted(diagonal(4, 3, 2, 1), SvfitConfig.holding(energy));

    assertThat(model.parameters("default").get("lin1.svfit_delta").shape())
        .isEqualTo(Shape.of(rank));
  }

  @Test
  void ranksMayDifferFromLayerToLayerAndComeBackFromTheFile() throws IOException {
    PeftModel<Mlp> model = adapted(diagonal(4, 3, 2, 1), SvfitConfig.holding(0.9));
    moved(model, 0.3);
    int other = ranks(model).get("lin0.svfit_delta");
    assertThat(other).isGreaterThan(3);
    model.save(folder);

    PeftModel<Mlp> loaded = Peft.load(diagonal(4, 3, 2, 1), folder);

    assertThat(ranks(loaded)).isEqualTo(Map.of("lin0.svfit_delta", other, "lin1.svfit_delta", 3));
    assertThat(output(loaded)).containsExactly(output(model));
  }

  /** Where singular values coincide any basis is a right one; the file says which was trained. */
  @Test
  void equalSingularValuesAndOtherSignsDoNoHarmOnceStored() throws IOException {
    PeftModel<Mlp> model = adapted(diagonal(2, 2, 2, 2), new SvfitConfig(3));
    moved(model, 0.3);
    model.save(folder);
    double[] trained = output(model);

    Map<String, Buffer> turned = tensors(folder);
    for (String name : new String[] {"svfit_u", "svfit_vt"}) {
      Buffer vectors = turned.get("base_model.model.lin1." + name);
      double[] values = vectors.toDoubles();
      Arrays.setAll(values, i -> -values[i]);
      vectors.put(values);
    }
    MlpRuns.write(folder, turned);

    assertThat(output(Peft.load(diagonal(2, 2, 2, 2), folder)))
        .containsExactly(trained, within(1e-12));
  }

  @Test
  void isReadWithoutADecomposer() throws IOException {
    PeftModel<Mlp> model = adapted(SvfitConfig.holding(0.8));
    moved(model, 0.3);
    model.save(folder);

    withoutDecomposer(
        () -> {
          PeftModel<Mlp> loaded = Peft.load(mlp(), folder);
          assertThat(output(loaded)).containsExactly(output(model));
          loaded.save(folder.resolve("again"));
        });
    assertThat(folder.resolve("again/adapter_model.safetensors"))
        .hasSameBinaryContentAs(folder.resolve("adapter_model.safetensors"));
  }

  @Test
  void aNewOneNeedsADecomposer() throws IOException {
    withoutDecomposer(
        () ->
            assertThatIllegalStateException()
                .isThrownBy(() -> adapted(new SvfitConfig(4)))
                .withMessage(
                    "svfit needs a singular value decomposition, but there is no Decomposer on the"
                        + " class path; add peft-init"));
  }

  @Test
  void saysEverythingThatIsWrongWithAFile() throws IOException {
    adapted(new SvfitConfig(4)).save(folder);
    Path file = folder.resolve("adapter_model.safetensors");
    Map<String, Buffer> tensors = tensors(folder);
    tensors.remove("base_model.model.lin0.svfit_u");
    tensors.put("base_model.model.lin1.svfit_vt", Buffer.allocate(DataType.FLOAT64, Shape.of(3)));
    MlpRuns.write(folder, tensors);

    assertThatExceptionOfType(AdapterFormatException.class)
        .isThrownBy(() -> Peft.load(mlp(), folder))
        .withMessage(
            file
                + " has 2 problems:"
                + "\n- tensor base_model.model.lin0.svfit_u [32, 4] is missing"
                + "\n- tensor base_model.model.lin1.svfit_vt should be [4, 32] but is [3]");
  }

  @Test
  void doesNotGuessARankThatTheFileDoesNotTell() throws IOException {
    adapted(SvfitConfig.holding(0.5)).save(folder);
    Path file = folder.resolve("adapter_model.safetensors");
    Map<String, Buffer> tensors = tensors(folder);
    tensors.remove("base_model.model.lin1.svfit_s");
    MlpRuns.write(folder, tensors);
    PeftModel<Mlp> model = Peft.host(mlp());

    assertThatExceptionOfType(AdapterFormatException.class)
        .isThrownBy(() -> model.load(folder, "default"))
        .withMessage(file + ": tensor base_model.model.lin1.svfit_s is missing");
    assertThat(model.adapters()).isEmpty();
  }

  /** A model whose second weight has these singular values and no others. */
  private static Mlp diagonal(double... values) {
    Mlp random = mlp();
    Map<String, Tensor> weights = new LinkedHashMap<>();
    org.peft4j.nn.ModuleTree.parameters(random)
        .forEach((path, parameter) -> weights.put(path, parameter.pretrained()));
    double[] w = new double[Mlp.OUT * Mlp.HIDDEN];
    for (int i = 0; i < values.length; i++) {
      w[i * Mlp.HIDDEN + (values.length - i)] = values[i];
    }
    weights.put("lin1.weight", Tensor.of(w, Mlp.OUT, Mlp.HIDDEN));
    return random.rebuild(new StateDict(weights));
  }

  private static Map<String, Integer> ranks(PeftModel<Mlp> model) {
    Map<String, Integer> ranks = new LinkedHashMap<>();
    model.parameters("default").forEach((path, delta) -> ranks.put(path, delta.shape().columns()));
    return ranks;
  }

  private interface Body {
    void run() throws IOException;
  }

  /** Runs {@code body} as where no module with a decomposer is on the class path. */
  private static void withoutDecomposer(Body body) throws IOException {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(
        new ClassLoader(before) {
          @Override
          public java.util.Enumeration<java.net.URL> getResources(String name) throws IOException {
            return name.endsWith(".Decomposer")
                ? java.util.Collections.emptyEnumeration()
                : super.getResources(name);
          }
        });
    try {
      body.run();
    } finally {
      thread.setContextClassLoader(before);
    }
  }
}
