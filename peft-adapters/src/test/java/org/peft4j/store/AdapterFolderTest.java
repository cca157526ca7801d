package org.peft4j.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
import org.peft4j.spec.AdapterMethods;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.testkit.Mlp;

/** What is wrong with an adapter's folder is said all at once, and nothing is added then. */
class AdapterFolderTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;
  private Path config;
  private Path tensors;
  private PeftModel<Mlp> model;

  @BeforeEach
  void save() throws IOException {
    config = folder.resolve("adapter_config.json");
    tensors = folder.resolve("adapter_model.safetensors");
    AdapterSpec spec = new AdapterSpec(new LoraConfig(4, 8), TargetModules.names("lin0", "lin1"));
    Peft.adapt(Mlp.random(DataType.FLOAT32, 1), spec).save(folder);
    model = Peft.host(Mlp.random(DataType.FLOAT32, 1));
  }

  @Test
  void keepsSettingsItDoesNotKnow(@TempDir Path other) throws IOException {
    ObjectNode json = json(config);
    json.put("some_future_option", 3.5).putNull("another");
    json.putObject("nested").putArray("list").add(1).add("two");
    write(json);

    Peft.load(model.model(), folder).save(other);

    ObjectNode saved = json(other.resolve("adapter_config.json"));
    assertThat(saved).isEqualTo(json);
  }

  @Test
  void namesEveryTensorThatIsMissingUnknownOrOfTheWrongShape() throws IOException {
    String prefix = "base_model.model.";
    Map<String, Buffer> buffers = new LinkedHashMap<>();
    buffers.put(prefix + "lin0.lora_A.weight", zeros(4, 24));
    buffers.put(prefix + "lin0.lora_B.weight", zeros(32, 5));
    buffers.put(prefix + "lin1.lora_A.weight", zeros(4, 32));
    buffers.put(prefix + "lin2.lora_A.weight", zeros(4, 32));
    buffers.put("lin3.lora_B.weight", zeros(16, 4));
    Safetensors.write(tensors, buffers, Map.of());

    assertRefused(
        tensors
            + " has 4 problems:"
            + "\n- tensor base_model.model.lin0.lora_B.weight should be [32, 4] but is [32, 5]"
            + "\n- tensor base_model.model.lin1.lora_B.weight [16, 4] is missing"
            + "\n- tensor base_model.model.lin2.lora_A.weight belongs to no layer of this adapter"
            + "\n- tensor lin3.lora_B.weight belongs to no layer of this adapter");
  }

  @Test
  void refusesATruncatedFile() throws IOException {
    byte[] whole = Files.readAllBytes(tensors);
    Files.write(tensors, java.util.Arrays.copyOf(whole, whole.length - 10));

    assertThatExceptionOfType(AdapterFormatException.class)
        .isThrownBy(this::load)
        .withMessageStartingWith(tensors + ": ")
        .withMessageContaining("is cut off");
    assertThat(model.adapters()).isEmpty();
  }

  @Test
  void saysWhichFileIsMissing() throws IOException {
    Files.delete(tensors);
    assertRefused(folder + ": holds no adapter_model.safetensors");
    Files.delete(config);
    assertRefused(folder + ": holds no adapter_config.json, so it is not an adapter");
  }

  @Test
  void listsTheKnownMethodsWhereTheTypeIsUnknownOrMissing() throws IOException {
    String known = "known are " + AdapterMethods.types();
    write(json(config).put("peft_type", "FOO"));
    assertRefused(config + ": peft_type FOO is not known here; " + known);
    write(json(config).without("peft_type"));
    assertRefused(config + ": peft_type is missing; " + known);
  }

  @Test
  void listsAllSettingsThatCannotBeComputed() throws IOException {
    ObjectNode json = json(config);
    json.put("bias", "some").put("use_qalora", true).put("target_modules", "(");
    json.putObject("alora_invocation_tokens").put("a", 1);
    json.putArray("modules_to_save").add(3);
    write(json);

    assertThatExceptionOfType(AdapterFormatException.class)
        .isThrownBy(this::load)
        .withMessageStartingWith(config + " has 5 problems:")
        .withMessageContainingAll(
            "- bias must be \"none\", \"all\" or that of a method, such as \"lora_only\", but was \"some\"",
            "- setting use_qalora = true is not supported; only false is",
            "- setting alora_invocation_tokens = {\"a\":1} is not supported; only null is",
            "- target_modules: target modules pattern is not a regular expression: ",
            "- modules_to_save should be a string or a list of strings but is [3]");
  }

  @Test
  void refusesSettingsOutOfRange() throws IOException {
    write(json(config).put("r", 0));

    assertThatExceptionOfType(AdapterFormatException.class)
        .isThrownBy(this::load)
        .withMessageContaining("rank must be at least 1 but was 0");
  }

  @Test
  void ignoresHowTheFactorsOnceStarted() throws IOException {
    write(json(config).put("init_lora_weights", "eva").put("fan_in_fan_out", true));

    assertThat(Peft.load(model.model(), folder).active()).containsExactly("default");
  }

  private void assertRefused(String message) {
    assertThatExceptionOfType(AdapterFormatException.class)
        .isThrownBy(this::load)
        .withMessage(message);
    assertThat(model.adapters()).isEmpty();
  }

  private void load() throws IOException {
    model.load(folder, "loaded");
  }

  private void write(ObjectNode json) throws IOException {
    Files.write(config, JSON.writeValueAsBytes(json));
  }

  private static ObjectNode json(Path file) throws IOException {
    return (ObjectNode) JSON.readTree(file.toFile());
  }

  private static Buffer zeros(int... dims) {
    Buffer buffer = Buffer.allocate(DataType.FLOAT32, Shape.of(dims));
    buffer.put(new float[Math.toIntExact(buffer.length())]);
    return buffer;
  }
}
