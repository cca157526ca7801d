package org.peft4j.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.Peft;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapters.AdaLoraConfig;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.adapters.MissConfig;
import org.peft4j.adapters.VeraConfig;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.testkit.Mlp;

/** Files that would give wrong numbers, or take the machine with them, are refused in few words. */
class BrokenAdapterTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TENSORS = "adapter_model.safetensors";
  private static final String CONFIG = "adapter_config.json";
  private static final String SLOW = "(.*)".repeat(60) + "X";

  @TempDir private Path folder;

  @BeforeEach
  void save() throws IOException {
    save(folder, new LoraConfig(4, 8));
  }

  @Test
  void tensorsThatWereSavedWithOtherSettingsAreRefused(@TempDir Path other) throws IOException {
    save(other, new LoraConfig(4, 64));
    Files.copy(
        other.resolve(TENSORS), folder.resolve(TENSORS), StandardCopyOption.REPLACE_EXISTING);

    assertThatThrownBy(this::load)
        .hasMessage(
            folder.resolve(CONFIG)
                + ": does not belong to the tensors beside it: lora_alpha is 8 but theirs is 64."
                + " Either a save over another adapter was broken off, or one of the two files was"
                + " changed or replaced: save or copy both anew, or put the values of the tensors"
                + " back into this file");
  }

  @Test
  void whatDescribesMayBeChangedAfterSaving() throws IOException {
    change("base_model_name_or_path", "\"elsewhere\"");
    change("lora_dropout", "0.5");
    change("peft_version", "\"1.2.3\"");
    change("future", "7");

    load();
  }

  @Test
  void aStartThatBelongsToOtherTensorsIsRefused(@TempDir Path other) throws IOException {
    Path start = folder.resolve("adapter_start.safetensors");
    Safetensors.write(start, Map.of(), Map.of("format", "pt"));

    assertThatThrownBy(this::load)
        .hasMessage(
            start
                + ": is not the start that the tensors beside it were saved with: a save over"
                + " another adapter was broken off, or one of the files was replaced; save or copy"
                + " all of them anew");
  }

  @Test
  void aReadMeOfSomebodyElseStays() throws IOException {
    Files.writeString(folder.resolve("README.md"), "My notes.");
    save(folder, new LoraConfig(2, 8));
    assertThat(folder.resolve("README.md")).hasContent("My notes.");

    Files.delete(folder.resolve("README.md"));
    save(folder, new LoraConfig(2, 8));
    save(folder, new MissConfig(2));
    assertThat(Files.readString(folder.resolve("README.md"))).contains("A miss adapter");
  }

  @ParameterizedTest
  @CsvSource({"NaN, 1 number that is", "Infinity, 1 number that is", "-Infinity, 1 number that is"})
  void numbersThatAreNoneAreRefused(float number, String count) throws IOException {
    Map<String, Buffer> tensors = tensors();
    Buffer b = tensors.get("base_model.model.lin1.lora_B.weight");
    float[] values = b.toFloats();
    values[5] = number;
    b.put(values);
    Safetensors.write(folder.resolve(TENSORS), tensors, Map.of());

    assertThatThrownBy(this::load)
        .hasMessage(
            folder.resolve(TENSORS)
                + ": tensor base_model.model.lin1.lora_B.weight holds "
                + count
                + " not finite (NaN or infinity): the training that wrote it went astray, or the"
                + " file is damaged; take an earlier checkpoint or train again");
  }

  @Test
  void tensorsThatWereNotGatheredAreNamed() throws IOException {
    Map<String, Buffer> tensors = tensors();
    tensors.put(
        "base_model.model.lin1.lora_B.weight", Buffer.allocate(DataType.FLOAT32, Shape.of(0)));
    Safetensors.write(folder.resolve(TENSORS), tensors, Map.of());

    assertThatThrownBy(this::load)
        .hasMessage(
            folder.resolve(TENSORS)
                + ": tensor base_model.model.lin1.lora_B.weight should be [16, 4] but is [0], as"
                + " DeepSpeed's ZeRO-3 leaves tensors that it has not gathered: save with"
                + " stage3_gather_16bit_weights_on_model_save, or make whole tensors of the"
                + " checkpoint by its zero_to_fp32.py");
  }

  @ParameterizedTest
  @ValueSource(ints = {1_000_000, Integer.MAX_VALUE})
  void aRankThatTheFileCannotHoldIsRefusedBeforeMemoryIsTaken(int rank) throws IOException {
    plain();
    change("r", String.valueOf(rank));
    assertRefusedSoon(
        "adapter_config.json asks for a tensor [%d, 24] at lin0, but the adapter's file holds 416"
                .formatted(rank)
            + " numbers in all; its rank or another size is not that of these tensors");

    save(folder, new LoraConfig(4, 8));
    plain();
    change("rank_pattern", "{\"lin0\": " + rank + "}");
    assertRefusedSoon("adapter_config.json asks for a tensor [" + rank + ", 24] at lin0");
  }

  @Test
  void everyMethodLooksAtTheFileFirst() throws IOException {
    save(folder, new MissConfig(4));
    plain();
    change("r", "2147483647");
    assertRefusedSoon("adapter_config.json asks for a tensor [2147483647, 32] at lin0");

    save(folder, new VeraConfig(4));
    plain();
    change("r", "2147483647");
    assertRefusedSoon("r in adapter_config.json is 2147483647, but vera_lambda_d of lin0 is [4]");

    save(folder, new AdaLoraConfig());
    plain();
    change("init_r", "2147483647");
    assertRefusedSoon("adapter_config.json asks for a tensor [2147483647, 24] at lin0");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "target_modules | \"%s\"",
        "exclude_modules | \"%s\"",
        "rank_pattern | {\"%s\": 4}",
        "alpha_pattern | {\"%s\": 4}"
      })
  void patternsEndInBoundedTime(String key, String value) throws IOException {
    plain();
    change(key, value.formatted(SLOW));

    assertRefusedSoon("the pattern ", " takes too many steps to match lin0");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "lora_alpha | 1e400 | lora_alpha must be a finite number but was ",
        "lora_alpha | 1e300 | alpha 1.0E300 at rank 4 gives a scale of 2.5E299, which 32 bits",
        "alpha_pattern | {\"lin0\": 1e400} | alpha_pattern should map patterns to numbers above 0",
        "rank_pattern | {\"lin0\": 2.5} | rank_pattern should map patterns to whole numbers above",
        "init_lora_weights | \"loftq\" | init_lora_weights is \"loftq\": the adapter belongs to",
        "init_lora_weights | \"new\" | init_lora_weights is new, which is not known here: if that",
        "trainable_token_indices | [1.5] | trainable_token_indices should be a list of token ids",
        "ensure_weight_tying | 1 | ensure_weight_tying must be true or false but was 1"
      })
  void settingsThatWouldGiveWrongNumbersAreRefused(String key, String value, String message)
      throws IOException {
    plain();
    change(key, value);

    assertRefusedSoon(message);
  }

  @Test
  void saysWhatAFolderIsThatIsNoAdapter(@TempDir Path parent) throws IOException {
    Path none = parent.resolve("none");
    assertThatThrownBy(() -> Peft.load(mlp(), none))
        .hasMessage(
            none
                + ": there is no such folder; an adapter is read from a folder on this machine, so"
                + " download it first where this is its name on the Hugging Face Hub");
    save(parent.resolve("checkpoint-20"), new LoraConfig(4, 8));
    assertThatThrownBy(() -> Peft.load(mlp(), parent))
        .hasMessage(
            parent
                + ": holds no adapter_config.json, so it is not an adapter; there are adapters in"
                + " the folders [checkpoint-20] in it: name one");
    Files.delete(folder.resolve(TENSORS));
    Files.write(folder.resolve("adapter_model.bin"), new byte[64]);
    assertThatThrownBy(this::load)
        .hasMessage(
            folder
                + ": holds its tensors as adapter_model.bin only, a pickle, which is a program to"
                + " be run and so is not read; convert it to adapter_model.safetensors: load it in"
                + " Hugging Face PEFT and save it with save_pretrained(folder,"
                + " safe_serialization=True)");
  }

  @Test
  void noMessageIsLongerThanTwoThousandLetters() throws IOException {
    plain();
    Map<String, Buffer> tensors = tensors();
    for (int i = 0; i < 500; i++) {
      tensors.put("x".repeat(300) + i, Buffer.allocate(DataType.FLOAT32, Shape.of(1)));
    }
    Safetensors.write(folder.resolve(TENSORS), tensors, Map.of());
    assertThatThrownBy(this::load)
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(2_000).contains("more"));

    save();
    plain();
    String names = "\"" + "n".repeat(500) + "\",";
    change("target_modules", "[" + names.repeat(200) + "\"x\"]");
    assertThatThrownBy(this::load)
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(2_000).contains("189 more"));
  }

  private static void save(Path folder, AdapterConfig config) throws IOException {
    Peft.adapt(mlp(), new AdapterSpec(config, TargetModules.names("lin0", "lin1"))).save(folder);
  }

  private static Mlp mlp() {
    return Mlp.random(DataType.FLOAT32, 1);
  }

  private void load() throws IOException {
    Peft.load(mlp(), folder);
  }

  private void assertRefusedSoon(String... parts) {
    assertTimeoutPreemptively(
        Duration.ofMinutes(2),
        () ->
            assertThatThrownBy(this::load)
                .isInstanceOfAny(IllegalArgumentException.class, AdapterFormatException.class)
                .hasMessageContainingAll(parts)
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(2_000)));
  }

  /** As other programs write it: the tensors do not know their settings. */
  private void plain() throws IOException {
    Safetensors.write(folder.resolve(TENSORS), tensors(), Map.of("format", "pt"));
  }

  private Map<String, Buffer> tensors() throws IOException {
    Map<String, Buffer> tensors = new LinkedHashMap<>();
    try (Safetensors stored = Safetensors.open(folder.resolve(TENSORS))) {
      for (String name : stored.names()) {
        tensors.put(name, stored.read(name, DataType.FLOAT32));
      }
    }
    return tensors;
  }

  private void change(String key, String value) throws IOException {
    Path config = folder.resolve(CONFIG);
    ObjectNode json = (ObjectNode) JSON.readTree(config.toFile());
    json.put(key, "@@");
    Files.writeString(config, json.toString().replace("\"@@\"", value));
  }
}
