package org.peft4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.adapter.Ranked;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.store.AdapterStore;
import org.peft4j.testkit.Shared;

/** The layers that Hugging Face PEFT adapts for a config file are those adapted here. */
class GoldenTargetsTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * What is refused here, and how. PEFT refuses it too, except: without {@code target_modules} it
   * guesses from the model's family; a name that matches nothing among others that do is ignored
   * there and most likely a misprint; copied layers and trained biases are not offered here.
   */
  private static final Map<String, String> REFUSALS =
      Map.ofEntries(
          Map.entry("{}", "target_modules is missing"),
          Map.entry("{'target_modules':[]}", "target_modules is missing"),
          Map.entry(
              "{'target_modules':'(q|k)_proj'}",
              "no layer is left to adapt: targets (q|k)_proj; the model has down_proj (3),"
                  + " embed_tokens (1), gate_proj (3), k_proj (3), lm_head (1), o_proj (3), q_proj"
                  + " (3), up_proj (3), v_proj (3)"),
          Map.entry(
              "{'target_modules':['q_proj'],'layers_to_transform':[0],'layers_pattern':'h'}",
              "no target module matched [q_proj] in layers [0] of [h]; the model has "),
          Map.entry("{'target_modules':['proj']}", "no target module matched [proj]; "),
          Map.entry(
              "{'target_modules':['q_proj'],'exclude_modules':['q_proj']}",
              "no layer is left to adapt: targets [q_proj], excluded [q_proj]; "),
          Map.entry("{'target_modules':['q_proj','nope']}", "no target module matched [nope]; "),
          Map.entry(
              "{'target_modules':['self_attn']}",
              "no target module matched [self_attn (a Part, which has no weight to adapt)]; "),
          Map.entry(
              "{'target_modules':['q_proj'],'modules_to_save':['q_proj']}",
              "no layer is left to adapt: targets [q_proj], trained whole [q_proj]; "),
          Map.entry(
              "{'target_modules':['lin0'],'layers_to_transform':1}",
              "no target module matched [lin0] in layers [1]; the model has emb (1), head (1),"),
          Map.entry(
              "{'target_modules':['lin0'],'layers_to_transform':[1,10,11]}",
              "no target module matched [lin0] in layers [1, 10, 11]; "),
          Map.entry(
              "{'target_modules':['lin0'],'layers_to_transform':1,'layers_pattern':'layers'}",
              "no target module matched [lin0] in layers [1] of [layers]; "),
          Map.entry(
              "{'target_modules':['lin0','head'],'layers_to_transform':[1]}",
              "no target module matched [lin0] in layers [1]; "),
          Map.entry(
              "{'target_modules':'all-linear','layers_to_transform':[1]}",
              "layers_to_transform and layers_pattern want a list of names in target_modules"),
          Map.entry(
              "{'target_modules':['gate_proj'],'layer_replication':[[0,2],[1,3]]}",
              "setting layer_replication = [[0,2],[1,3]] is not supported; only null is"),
          Map.entry(
              "{'target_modules':['q_proj'],'bias':'all'}",
              "bias \"all\" (training biases of the base) is not supported in a new adapter; only"
                  + " \"none\" is"),
          Map.entry(
              "{'target_modules':['c_attn'],'bias':'lora_only','fan_in_fan_out':true}",
              "bias \"lora_only\" (training biases of the base) is not supported"),
          Map.entry(
              "{'target_modules':['c_attn'],'bias':'all','fan_in_fan_out':true}",
              "bias \"all\" (training biases of the base) is not supported"),
          Map.entry(
              "{'target_modules':['c_attn'],'bias':'nope'}",
              "bias must be \"none\", \"all\" or that of a method, such as \"lora_only\", but was"));

  @TempDir private Path folder;

  static Stream<Arguments> cases() throws IOException {
    JsonNode golden =
        JSON.readTree(Shared.require("golden/methods/x_targets/targets.json").toFile());
    List<Arguments> cases = new ArrayList<>();
    for (JsonNode entry : golden.get("cases")) {
      String model = entry.get("model").textValue();
      String config = entry.get("config").toString().replace('"', '\'');
      cases.add(arguments(model, config, golden.get("modules").get(model), entry));
    }
    return cases.stream();
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("cases")
  void adaptsTheSameLayers(String name, String config, JsonNode listing, JsonNode golden)
      throws IOException {
    PeftModel<ModuleListing> model = Peft.host(ModuleListing.of(listing));
    if (REFUSALS.containsKey(config)) {
      assertThatThrownBy(() -> model.add(spec(golden))).hasMessageContaining(REFUSALS.get(config));
      return;
    }
    TargetReport report = model.add(spec(golden));

    assertThat(golden.has("error")).as("PEFT refuses").isFalse();
    assertThat(report.layers()).isEqualTo(strings(golden.get("targeted")));
    assertThat(report.trainable()).isEqualTo(golden.get("trainable_params").longValue());
    assertThat(ranksAndAlphas(spec(golden), model.model()))
        .isEqualTo(ranksAndAlphas(golden.get("r_alpha")));
  }

  private AdapterSpec spec(JsonNode golden) throws IOException {
    ObjectNode config = JSON.createObjectNode();
    config.put("peft_type", "LORA").put("r", 4).put("lora_alpha", 8);
    config.setAll((ObjectNode) golden.get("config"));
    Files.write(folder.resolve("adapter_config.json"), JSON.writeValueAsBytes(config));
    return AdapterStore.readSpec(folder, "default");
  }

  private static Map<String, List<Double>> ranksAndAlphas(AdapterSpec spec, ModuleListing model) {
    Targeting targeting = new Targeting(spec, model);
    Map<String, List<Double>> found = new LinkedHashMap<>();
    for (String path : targeting.layers().keySet()) {
      Ranked config = (Ranked) targeting.configFor(path);
      found.put(path, List.of((double) config.rank(), config.alpha()));
    }
    return found;
  }

  private static Map<String, List<Double>> ranksAndAlphas(JsonNode golden) {
    Map<String, List<Double>> wanted = new LinkedHashMap<>();
    golden
        .properties()
        .forEach(
            entry ->
                wanted.put(
                    entry.getKey(),
                    List.of(
                        entry.getValue().get(0).doubleValue(),
                        entry.getValue().get(1).doubleValue())));
    return wanted;
  }

  private static List<String> strings(JsonNode array) {
    List<String> strings = new ArrayList<>();
    array.forEach(node -> strings.add(node.textValue()));
    return strings;
  }
}
