package org.peft4j.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.DataType;
import org.peft4j.nn.StateDict;
import org.peft4j.tensor.Tensor;

/** The numbers that Hugging Face PEFT produced for one case of {@code shared/golden/methods}. */
public final class Golden {

  private static final String PEFT_PREFIX = "base_model.model.";

  private final Path folder;
  private final String file;
  private final DataType type;

  private Golden(Path folder, String file, DataType type) {
    this.folder = folder;
    this.file = file;
    this.type = type;
  }

  /**
   * The case in {@code shared/golden/methods/name}, its numbers in the given type; skips the test
   * where it is absent.
   */
  public static Golden of(String name, DataType type) {
    return in(Shared.require("golden/methods/" + name), type);
  }

  /** The numbers in {@code folder}. */
  public static Golden in(Path folder, DataType type) {
    return in(folder, "golden.safetensors", type);
  }

  /** The numbers in one file of {@code folder}. */
  public static Golden in(Path folder, String file, DataType type) {
    return new Golden(folder, file, type);
  }

  public Path folder() {
    return folder;
  }

  /** One tensor of {@code golden.safetensors}. */
  public Tensor tensor(String name) {
    try (Safetensors tensors = open()) {
      return Tensor.of(tensors.read(name, type));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The numbers of one tensor. */
  public double[] numbers(String name) {
    return tensor(name).value().toDoubles();
  }

  /** The pretrained weights by path. */
  public StateDict base() {
    return new StateDict(startingWith("base."));
  }

  /**
   * The tensors of a group such as {@code init.param} or {@code pert.grad}, by the paths this
   * library gives them.
   */
  public Map<String, double[]> group(String group) {
    Map<String, double[]> numbers = new LinkedHashMap<>();
    startingWith(group + ".")
        .forEach((name, tensor) -> numbers.put(path(name), tensor.value().toDoubles()));
    return numbers;
  }

  private static String path(String name) {
    String path = name.startsWith(PEFT_PREFIX) ? name.substring(PEFT_PREFIX.length()) : name;
    return path.replace(".modules_to_save.default", "")
        .replace(".lora_magnitude_vector.default.weight", ".lora_magnitude_vector")
        .replace(".default", "");
  }

  private Map<String, Tensor> startingWith(String prefix) {
    Map<String, Tensor> found = new LinkedHashMap<>();
    try (Safetensors tensors = open()) {
      for (String name : tensors.names()) {
        if (name.startsWith(prefix)) {
          found.put(name.substring(prefix.length()), Tensor.of(tensors.read(name, type)));
        }
      }
      return found;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Safetensors open() throws IOException {
    return Safetensors.open(folder.resolve(file));
  }
}
