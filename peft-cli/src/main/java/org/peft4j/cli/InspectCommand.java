package org.peft4j.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapter.Ranked;
import org.peft4j.io.RecordCodec;
import org.peft4j.io.Safetensors;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.store.AdapterStore;
import org.peft4j.transformers.checkpoint.ModelConfig;
import org.peft4j.transformers.checkpoint.StoredLabels;
import org.peft4j.transformers.model.Labels;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Tells what a folder holds, from its configs and the headers of its tensors. */
@Command(name = "inspect", description = "Tells what a model's or an adapter's folder holds.")
final class InspectCommand implements Callable<Integer> {

  @Parameters(paramLabel = "DIR", description = "The folder.")
  private Path folder;

  @Mixin private Output output;

  @Override
  public Integer call() throws IOException {
    Places.folder("DIR", folder);
    if (Files.exists(folder.resolve("adapter_config.json"))) {
      output.results(adapter());
    } else if (Files.exists(folder.resolve("config.json"))) {
      output.results(model());
    } else {
      throw new IllegalArgumentException(
          folder + " holds neither config.json, as models do, nor adapter_config.json");
    }
    return 0;
  }

  private Facts model() throws IOException {
    ObjectNode config = ModelConfig.read(folder).entries();
    try (Safetensors tensors = Safetensors.openModel(folder)) {
      return new Facts()
          .with("kind", "model")
          .with("type", config.path("model_type").asText("unknown"))
          .with("architectures", names(config, "architectures"))
          .with("parameters", numbers(tensors, Set.of()))
          .with("layers", number(config, "num_hidden_layers"))
          .with("width", number(config, "hidden_size"))
          .with("heads", number(config, "num_attention_heads"))
          .with("vocab", number(config, "vocab_size"))
          .with("positions", number(config, "max_position_embeddings"))
          .with("dtype", types(tensors))
          .with("tensors", tensors.names().size())
          .with("tokenizer", Files.exists(folder.resolve("tokenizer.json")));
    }
  }

  private Facts adapter() throws IOException {
    AdapterSpec spec = AdapterStore.readSpec(folder, AdapterSpec.DEFAULT_NAME);
    AdapterConfig config = spec.config();
    Optional<Ranked> ranked = config.ranked();
    try (Safetensors tensors = Safetensors.open(folder.resolve("adapter_model.safetensors"))) {
      return new Facts()
          .with("kind", "adapter")
          .with("method", config.method())
          .with("rank", ranked.map(Ranked::rank))
          .with("alpha", ranked.map(Ranked::alpha))
          .with("settings", RecordCodec.write((Record) config))
          .with("targets", TargetOptions.text(spec.targets()))
          .with("modules_to_save", spec.modulesToSave())
          .with("trained", numbers(tensors, config.constants()))
          .with("dtype", types(tensors))
          .with("tensors", tensors.names().size())
          .with("task", spec.info().taskType())
          .with("labels", StoredLabels.beside(folder).map(Labels::names))
          .with("base_model", spec.info().baseModel());
    }
  }

  private static long numbers(Safetensors tensors, Set<String> constants) {
    return tensors.names().stream()
        .filter(name -> !name.endsWith(".base_layer.weight"))
        .filter(name -> !constants.contains(name.substring(name.lastIndexOf('.') + 1)))
        .mapToLong(name -> tensors.info(name).shape().length())
        .sum();
  }

  private static String types(Safetensors tensors) {
    return tensors.names().stream()
        .map(name -> tensors.info(name).type().fileName())
        .collect(Collectors.toCollection(TreeSet::new))
        .stream()
        .collect(Collectors.joining(", "));
  }

  private static List<String> names(ObjectNode config, String name) {
    List<String> names = new ArrayList<>();
    config.path(name).forEach(each -> names.add(each.asText()));
    return names;
  }

  private static Optional<Integer> number(ObjectNode config, String name) {
    JsonNode node = config.path(name);
    return node.isInt() ? Optional.of(node.intValue()) : Optional.empty();
  }
}
