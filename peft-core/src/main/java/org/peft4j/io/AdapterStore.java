package org.peft4j.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.peft4j.AdapterSpec;
import org.peft4j.adapter.Initializer;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
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
  private static final String SHARED_PREFIX = "base_model.";

  private static final String CONFIG = "adapter_config.json";
  private static final String TENSORS = "adapter_model.safetensors";

  private AdapterStore() {}

  /** Where the adapter {@code name} lies below {@code directory}. */
  public static Path folder(Path directory, String name) {
    return name.equals(AdapterSpec.DEFAULT_NAME) ? directory : directory.resolve(name);
  }

  /**
   * Writes an adapter; each file appears whole or not at all.
   *
   * @param folder is created where it is missing
   * @param adapter its numbers
   */
  public static void write(Path folder, AdapterSpec spec, AdapterTensors adapter)
      throws IOException {
    Files.createDirectories(folder);
    StartFile.write(folder, spec, adapter.offsets());
    Map<String, Buffer> tensors = new LinkedHashMap<>();
    fileNames(adapter.parameters(), adapter.shared())
        .forEach((name, tensor) -> tensors.put(name, tensor.value()));
    Safetensors.write(folder.resolve(TENSORS), tensors, Map.of("format", "pt"));
    AtomicFiles.write(folder.resolve(CONFIG), AdapterFileWriter.write(spec));
    ModelCard.write(folder, spec);
  }

  /** Whether the adapter in {@code folder} was written by this library, going by its model card. */
  public static boolean isOurs(Path folder) throws IOException {
    return Files.exists(folder.resolve(CONFIG)) && ModelCard.isOurs(folder);
  }

  /**
   * Reads what kind of adapter lies in {@code folder}.
   *
   * @param name to call it by
   * @throws AdapterFormatException if the file is wrong, or asks for something that cannot be
   *     computed here
   */
  public static AdapterSpec readSpec(Path folder, String name) throws IOException {
    Path file = folder.resolve(CONFIG);
    if (!Files.exists(file)) {
      throw new AdapterFormatException(folder, "holds no " + CONFIG + ", so it is not an adapter");
    }
    return StartFile.seeded(folder, AdapterFileReader.read(file, name));
  }

  /**
   * How the low-rank factors of the adapter in {@code folder} started, as far as that still
   * matters: empty where they started at {@code B·A = 0}.
   *
   * @throws AdapterFormatException if it matters and is not known
   */
  public static Optional<Initializer> readStart(Path folder, AdapterSpec spec) throws IOException {
    return StartFile.read(folder, spec);
  }

  private static Map<String, Tensor> fileNames(
      Map<String, Tensor> parameters, Map<String, Tensor> shared) {
    Map<String, Tensor> names = new LinkedHashMap<>();
    parameters.forEach((path, tensor) -> names.put(PREFIX + path, tensor));
    shared.forEach((name, tensor) -> names.put(SHARED_PREFIX + name, tensor));
    return names;
  }

  /** The tensors in {@code folder} that belong to no layer but to all, by name. */
  public static Map<String, Buffer> readShared(Path folder, DataType type) throws IOException {
    Map<String, Buffer> shared = new LinkedHashMap<>();
    try (Safetensors tensors = open(folder)) {
      for (String name : tensors.names()) {
        if (name.startsWith(SHARED_PREFIX) && !name.startsWith(PREFIX)) {
          shared.put(name.substring(SHARED_PREFIX.length()), tensors.read(name, type));
        }
      }
    }
    return shared;
  }

  /**
   * The shape of each layer's tensors in {@code folder}, by path within the model. Asked for what
   * is not there, the function throws an {@link UncheckedIOException} that says so.
   */
  public static Function<String, Shape> readShapes(Path folder) throws IOException {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    try (Safetensors tensors = open(folder)) {
      tensors.names().forEach(name -> shapes.put(name, tensors.info(name).shape()));
    }
    return path -> {
      Shape shape = shapes.get(PREFIX + path);
      if (shape == null) {
        throw new UncheckedIOException(
            new AdapterFormatException(
                folder.resolve(TENSORS), "tensor " + PREFIX + path + " is missing"));
      }
      return shape;
    };
  }

  private static Safetensors open(Path folder) throws IOException {
    Path file = folder.resolve(TENSORS);
    if (!Files.exists(file)) {
      throw new AdapterFormatException(folder, "holds no " + TENSORS);
    }
    return Safetensors.open(file);
  }

  /**
   * Reads an adapter's tensors into {@code parameters}.
   *
   * @param parameters all that have a path of their own, as {@link #write} was given them
   * @param shared what all layers share, as read before; must fit the file
   * @throws AdapterFormatException if tensors are missing, unknown or of the wrong shape; the
   *     message names all of them
   */
  public static void readTensors(
      Path folder, Map<String, Tensor> parameters, Map<String, Tensor> shared) throws IOException {
    try (Safetensors tensors = open(folder)) {
      requireSame(folder.resolve(TENSORS), tensors, fileNames(parameters, shared));
      for (Map.Entry<String, Tensor> entry : parameters.entrySet()) {
        Tensor target = entry.getValue();
        target.value().put(tensors.read(PREFIX + entry.getKey(), target.type()).toDoubles());
      }
    }
  }

  private static void requireSame(Path file, Safetensors tensors, Map<String, Tensor> expected)
      throws AdapterFormatException {
    List<String> problems = new ArrayList<>();
    expected.forEach(
        (name, tensor) -> {
          if (!tensors.contains(name)) {
            problems.add("tensor " + name + " " + tensor.shape() + " is missing");
            return;
          }
          Shape shape = tensors.info(name).shape();
          if (!shape.equals(tensor.shape())) {
            problems.add("tensor " + name + " should be " + tensor.shape() + " but is " + shape);
          }
        });
    for (String name : tensors.names()) {
      if (!isExpected(name, expected)) {
        problems.add("tensor " + name + " belongs to no layer of this adapter");
      }
    }
    if (!problems.isEmpty()) {
      throw new AdapterFormatException(file, problems);
    }
  }

  /**
   * PEFT saves the frozen matrix too where an adapted layer is an embedding or the output layer.
   */
  private static boolean isExpected(String name, Map<String, Tensor> expected) {
    return expected.containsKey(name)
        || (name.startsWith(PREFIX) && name.endsWith(".base_layer.weight"));
  }
}
