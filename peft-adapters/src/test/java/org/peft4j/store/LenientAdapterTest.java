package org.peft4j.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapters.BoneConfig;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.adapters.MissConfig;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.Mlp;

/**
 * What Hugging Face PEFT reads is read where the numbers are the same, and told where it matters.
 */
class LenientAdapterTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;
  private double[] expected;

  @BeforeEach
  void save() throws IOException {
    save(new LoraConfig(4, 8));
  }

  @Test
  void namesThatMatchNothingAreToldWhereOthersMatch() throws IOException {
    change(json -> json.putArray("target_modules").add("lin0").add("lin1").add("gate").add("up"));

    assertSame();
    assertThat(notes())
        .containsExactly("of the 4 names in target_modules 2 match no layer here: [gate, up]");
  }

  @Test
  void namesOfWhichNoneMatchesAreRefused() throws IOException {
    change(json -> json.putArray("target_modules").add("gate"));

    assertThatThrownBy(this::loaded)
        .hasMessage("no target module matched [gate]; the model has lin0 (1), lin1 (1)");
  }

  @Test
  void anExclusionThatExcludesNothingIsTold() throws IOException {
    change(json -> json.putArray("exclude_modules").add("vision"));

    assertSame();
    assertThat(notes()).containsExactly("exclude_modules [vision] excludes nothing");
  }

  @Test
  void aPatternThatMatchesNothingIsToldWithWhatItMayHaveMeant() throws IOException {
    change(json -> json.putObject("alpha_pattern").put("lni0", 100).put("elsewhere", 3));

    assertSame();
    assertThat(notes())
        .containsExactly(
            "alpha_pattern lni0 matches no adapted layer, so it changes nothing; did it mean"
                + " lin0?",
            "alpha_pattern elsewhere matches no adapted layer, so it changes nothing");
  }

  @Test
  void settingsThatAreNotKnownAreTold() throws IOException {
    change(json -> json.put("future", 3.5).put("off", false).putNull("none").putArray("list"));

    assertSame();
    assertThat(notes())
        .containsExactly(
            "adapter_config.json has settings that are not known here and change nothing: [future]");
  }

  @Test
  void nullIsTheDefault() throws IOException {
    change(
        json -> {
          for (String key :
              new String[] {
                "use_rslora",
                "use_dora",
                "lora_bias",
                "lora_dropout",
                "alpha_pattern",
                "rank_pattern",
                "bias",
                "modules_to_save",
                "exclude_modules",
                "layers_to_transform",
                "layers_pattern",
                "loftq_config",
                "fan_in_fan_out",
                "init_lora_weights",
                "ensure_weight_tying",
                "trainable_token_indices"
              }) {
            json.putNull(key);
          }
          return json;
        });

    assertSame();
    assertThat(notes()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "base_model.model.%s.lora_A.default.weight",
        "base_model.model._orig_mod.%s.lora_A.weight",
        "base_model.model.model.%s.lora_A.weight",
        "_orig_mod.base_model.model.%s.lora_A.mine.weight",
        "module.base_model.model.%s.lora_A.weight",
        "base_model.model._fsdp_wrapped_module.%s.lora_A.weight",
        "%s.lora_A.weight"
      })
  void keysSpeltOtherwiseFindTheirPlace(String spelling) throws IOException {
    rename(
        key -> {
          String layer = key.contains("lin0") ? "lin0" : "lin1";
          String name = spelling.formatted(layer);
          return key.contains("lora_B") ? name.replace("lora_A", "lora_B") : name;
        });

    assertSame();
  }

  @Test
  void keysThatCouldBeTheSameTensorAreRefused() throws IOException {
    Map<String, Buffer> tensors = tensors();
    Buffer a = tensors.remove("base_model.model.lin0.lora_A.weight");
    tensors.put("lin0.lora_A.weight", a);
    tensors.put("module.lin0.lora_A.weight", a);
    Safetensors.write(file(), tensors, Map.of());

    assertThatThrownBy(this::loaded)
        .hasMessage(
            file()
                + " has 3 problems:"
                + "\n- tensor base_model.model.lin0.lora_A.weight [4, 24] is missing; it could be"
                + " any of [lin0.lora_A.weight, module.lin0.lora_A.weight]"
                + "\n- tensor lin0.lora_A.weight belongs to no layer of this adapter"
                + "\n- tensor module.lin0.lora_A.weight belongs to no layer of this adapter");
  }

  @Test
  void readsBone() throws IOException {
    save(new MissConfig(4));
    change(json -> json.put("peft_type", "BONE"));
    rename(key -> key.replace("miss_block", "bone_block"));
    assertSame();

    save(new BoneConfig(8, BoneConfig.Orientation.OUT_BLOCK));
    change(json -> json.put("peft_type", "BONE"));
    rename(key -> key.replace("miss_block", "bone_block"));
    assertSame();
  }

  @Test
  void aRandomStartOfMissIsPast() throws IOException {
    save(new MissConfig(4));
    change(json -> json.put("init_weights", false));

    assertSame();
  }

  @Test
  void readsBiasesThatWereTrained() throws IOException {
    change(json -> json.put("bias", "lora_only"));
    Map<String, Buffer> tensors = tensors();
    tensors.put("base_model.model.lin0.base_layer.bias", random(32));
    tensors.put("base_model.model.lin1.base_layer.bias", random(16));
    Safetensors.write(file(), tensors, Map.of());
    PeftModel<Mlp> model = loaded();
    double[] with = outputs(model);
    assertThat(with).isNotEqualTo(expected);
    assertThat(model.trainable()).containsKeys("lin0.bias", "lin1.bias");

    model.disable();
    assertThat(outputs(model)).isEqualTo(outputs(Peft.host(mlp())));

    model.activate("default");
    model.save(folder);
    assertThat(outputs(loaded())).isEqualTo(with);
    assertThat(tensors()).containsKey("base_model.model.lin0.base_layer.bias");
  }

  @Test
  void refusesBiasesThatWereTrainedAndNotSaved() throws IOException {
    change(json -> json.put("bias", "all"));
    Safetensors.write(file(), tensors(), Map.of());

    assertThatThrownBy(this::loaded)
        .hasMessage(
            file()
                + ": bias is all in adapter_config.json, but the file lacks [lin0.bias, lin1.bias],"
                + " which were trained: some releases of Hugging Face PEFT do not save them; merge"
                + " it in the program that trained it, or set bias to none to do without");
  }

  private void save(AdapterConfig config) throws IOException {
    PeftModel<Mlp> model =
        Peft.adapt(mlp(), new AdapterSpec(config, TargetModules.names("lin0", "lin1")));
    Random random = new Random(3);
    for (Tensor tensor : model.trainable().values()) {
      double[] values = new double[Math.toIntExact(tensor.shape().length())];
      java.util.Arrays.setAll(values, i -> 0.1 * random.nextGaussian());
      tensor.value().put(values);
    }
    model.save(folder);
    expected = outputs(model);
    // As other programs write it: without what ties the tensors to their settings.
    Safetensors.write(file(), tensors(), Map.of("format", "pt"));
  }

  private static Mlp mlp() {
    return Mlp.random(DataType.FLOAT32, 1);
  }

  private PeftModel<Mlp> loaded() throws IOException {
    return Peft.load(mlp(), folder);
  }

  private java.util.List<String> notes() throws IOException {
    return loaded().report().notes();
  }

  private void assertSame() throws IOException {
    assertThat(outputs(loaded())).isEqualTo(expected);
  }

  private static double[] outputs(PeftModel<Mlp> model) {
    double[] inputs = new Random(2).doubles(3 * Mlp.IN, -1, 1).toArray();
    Buffer x = Buffer.allocate(DataType.FLOAT32, Shape.of(3, Mlp.IN));
    x.put(inputs);
    try (Tape t = model.inference()) {
      return model.model().forward(t, Tensor.of(x)).value().toDoubles();
    }
  }

  private Path file() {
    return folder.resolve("adapter_model.safetensors");
  }

  private static Buffer random(int length) {
    Buffer buffer = Buffer.allocate(DataType.FLOAT32, Shape.of(length));
    buffer.put(new Random(4).doubles(length, -1, 1).toArray());
    return buffer;
  }

  private Map<String, Buffer> tensors() throws IOException {
    Map<String, Buffer> tensors = new LinkedHashMap<>();
    try (Safetensors stored = Safetensors.open(file())) {
      for (String name : stored.names()) {
        tensors.put(name, stored.read(name, DataType.FLOAT32));
      }
    }
    return tensors;
  }

  private void rename(UnaryOperator<String> renaming) throws IOException {
    Map<String, Buffer> renamed = new LinkedHashMap<>();
    tensors().forEach((name, buffer) -> renamed.put(renaming.apply(name), buffer));
    Safetensors.write(file(), renamed, Map.of());
  }

  /** What a change to a config returns is of no account. */
  private interface Change {
    Object to(ObjectNode json);
  }

  private void change(Change change) throws IOException {
    Path config = folder.resolve("adapter_config.json");
    ObjectNode json = (ObjectNode) JSON.readTree(config.toFile());
    change.to(json);
    Files.write(config, JSON.writeValueAsBytes(json));
  }
}
