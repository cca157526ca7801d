package org.peft4j.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.io.AtomicFiles;
import org.peft4j.io.Json;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.Buffer;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.tensor.Tensor;

/**
 * Adapters in Hugging Face PEFT's directory format: {@code adapter_config.json}, {@code
 * adapter_model.safetensors} and a model card. An adapter called anything but {@code default} lies
 * in a folder of its name.
 */
public final class AdapterStore {

  /** What PEFT puts before every path. */
  static final String PREFIX = "base_model.model.";

  /** What PEFT puts before the name of a tensor that all layers share. */
  static final String SHARED_PREFIX = "base_model.";

  private AdapterStore() {}

  /** Where the adapter {@code name} lies below {@code directory}. */
  public static Path folder(Path directory, String name) {
    return name.equals(AdapterSpec.DEFAULT_NAME) ? directory : directory.resolve(name);
  }

  /**
   * Writes an adapter; each file appears whole or not at all. Over another adapter the files are
   * replaced one after the other; they know each other, so that a mixture of both is refused when
   * it is read. The card is the first of them: however a save ends, it says who has written here.
   *
   * @param folder is created where it is missing
   * @param adapter its tensors
   * @param beside JSON files that tell of its task, by name; they are gone while the others are
   *     replaced, so that no adapter is read by those of another
   */
  public static void write(
      Path folder,
      AdapterSpec spec,
      AdapterTensors adapter,
      Map<String, Map<String, Object>> beside)
      throws IOException {
    Files.createDirectories(folder);
    ModelCard.write(folder, spec);
    for (String name : beside.keySet()) {
      Files.deleteIfExists(folder.resolve(name));
    }
    ObjectNode config = AdapterFileWriter.json(spec);
    Map<String, String> metadata = new TreeMap<>(Map.of("format", "pt"));
    SavedSettings.put(metadata, spec);
    StartFile.write(folder, spec, adapter.offsets(), metadata);
    Map<String, Buffer> tensors = new LinkedHashMap<>();
    fileNames(adapter.parameters(), adapter.shared())
        .forEach((name, tensor) -> tensors.put(name, tensor.value()));
    Safetensors.write(folder.resolve(AdapterFolder.TENSORS), tensors, metadata);
    AtomicFiles.write(folder.resolve(AdapterFolder.CONFIG), Json.pretty(config));
    for (Map.Entry<String, Map<String, Object>> file : beside.entrySet()) {
      ObjectNode content = Json.MAPPER.valueToTree(file.getValue());
      AtomicFiles.write(folder.resolve(file.getKey()), Json.pretty(content));
    }
  }

  /**
   * Whether the adapter in {@code folder} was written by this library, going by its model card; it
   * need not be whole.
   */
  public static boolean isOurs(Path folder) throws IOException {
    return ModelCard.isOurs(folder);
  }

  /**
   * Reads what kind of adapter lies in {@code folder}.
   *
   * @param name to call it by
   * @throws AdapterFormatException if the files are wrong, or ask for something that cannot be
   *     computed here
   */
  public static AdapterSpec readSpec(Path folder, String name) throws IOException {
    return StoredAdapter.spec(folder, name);
  }

  static Map<String, Tensor> fileNames(Map<String, Tensor> parameters, Map<String, Tensor> shared) {
    Map<String, Tensor> names = new LinkedHashMap<>();
    parameters.forEach((path, tensor) -> names.put(PREFIX + path, tensor));
    shared.forEach((name, tensor) -> names.put(SHARED_PREFIX + name, tensor));
    return names;
  }
}
