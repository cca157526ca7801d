package org.peft4j.adapters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapters.BoneConfig.Orientation;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.kernel.DataType;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.AdapterContract;
import org.peft4j.testkit.Mlp;

class BoneConfigTest implements AdapterContract {

  private static final int RANK = 4;

  @Override
  public AdapterConfig config() {
    return new BoneConfig(RANK);
  }

  @Nested
  class ByTheBlockOfOutputs implements AdapterContract {

    @Override
    public AdapterConfig config() {
      return new BoneConfig(RANK, Orientation.OUT_BLOCK);
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyBlockIsMultipliedAndShifted(Orientation orientation) {
    PeftModel<Mlp> model = adapted(new BoneConfig(RANK, orientation));
    Tensor trained = model.trainable().get("lin0.miss_block");
    double[] d = new Random(3).doubles(trained.shape().length(), -0.3, 0.3).toArray();
    trained.value().put(d);

    assertThat(weight(model.merge()))
        .containsExactly(blockwise(weight(model.model()), d, orientation, 1), Offset.offset(1e-12));
    model.scale(AdapterSpec.DEFAULT_NAME, 0.5);
    assertThat(weight(model.merge()))
        .containsExactly(
            blockwise(weight(model.model()), d, orientation, 0.5), Offset.offset(1e-12));
  }

  /** {@code W + s(W·D + D)}, by the definition: one number after the other. */
  private static double[] blockwise(double[] w, double[] d, Orientation orientation, double s) {
    double[] result = w.clone();
    for (int row = 0; row < Mlp.HIDDEN; row++) {
      for (int column = 0; column < Mlp.IN; column++) {
        int block = (orientation == Orientation.IN_BLOCK ? column : row) / RANK * RANK * RANK;
        int left = column / RANK * RANK;
        double update = d[block + row % RANK * RANK + column % RANK];
        for (int k = 0; k < RANK; k++) {
          update += w[row * Mlp.IN + left + k] * d[block + k * RANK + column % RANK];
        }
        result[row * Mlp.IN + column] += s * update;
      }
    }
    return result;
  }

  private static double[] weight(Mlp mlp) {
    return mlp.lin0().weight().pretrained().value().toDoubles();
  }

  @Test
  void theFileSaysWhichOrientationItIs(@TempDir Path folder) throws IOException {
    for (Orientation orientation : Orientation.values()) {
      adapted(new BoneConfig(RANK, orientation)).save(folder);

      assertThat(json(folder).get("init_weights").textValue())
          .isEqualTo(orientation == Orientation.OUT_BLOCK ? "bat" : "bat_in_block");
      assertThat(reloaded(folder)).isEqualTo(new BoneConfig(RANK, orientation));
    }
  }

  @Test
  void aFileOfItsTypeThatSaysNothingIsNotTakenForIt(@TempDir Path folder) throws IOException {
    adapted(new MissConfig(RANK)).save(folder);
    ObjectNode json = json(folder);
    json.remove("init_weights");
    write(folder, json);

    assertThat(reloaded(folder)).isEqualTo(new MissConfig(RANK));
  }

  @Test
  void aFormThatNobodyKnowsIsRefused(@TempDir Path folder) throws IOException {
    adapted(new MissConfig(RANK)).save(folder);
    write(folder, json(folder).put("init_weights", "cat"));

    assertThatExceptionOfType(AdapterFormatException.class)
        .isThrownBy(() -> reloaded(folder))
        .withMessageEndingWith("init_weights must be one of [true, mini] but was \"cat\"");
  }

  @Test
  void rejectsARankBelowOne() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BoneConfig(0))
        .withMessage("rank must be at least 1 but was 0");
  }

  @ParameterizedTest
  @EnumSource
  void rejectsARankThatDoesNotDivideALayer(Orientation orientation) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> adapted(new BoneConfig(3, orientation)))
        .withMessage(
            "rank must divide the inputs and the outputs of lin0, which are 24 and 32, but was 3");
  }

  private static PeftModel<Mlp> adapted(AdapterConfig config) {
    return Peft.adapt(
        Mlp.random(DataType.FLOAT64, 1), new AdapterSpec(config, TargetModules.allLinear()));
  }

  private static AdapterConfig reloaded(Path folder) throws IOException {
    return Peft.load(Mlp.random(DataType.FLOAT64, 1), folder)
        .spec(AdapterSpec.DEFAULT_NAME)
        .config();
  }

  private static ObjectNode json(Path folder) throws IOException {
    return (ObjectNode) new ObjectMapper().readTree(folder.resolve("adapter_config.json").toFile());
  }

  private static void write(Path folder, ObjectNode json) throws IOException {
    new ObjectMapper().writeValue(folder.resolve("adapter_config.json").toFile(), json);
  }
}
