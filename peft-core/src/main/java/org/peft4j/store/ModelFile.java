package org.peft4j.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.io.Finite;
import org.peft4j.io.Safetensors;
import org.peft4j.io.TensorInfo;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.nn.MisfitException;
import org.peft4j.nn.Module;
import org.peft4j.nn.StateDict;
import org.peft4j.nn.Weights;
import org.peft4j.tensor.Tensor;

/** Whole models in files: their tensors by path, in Hugging Face's safetensors format. */
public final class ModelFile {

  private ModelFile() {}

  /**
   * Writes the tensors of a model, each in the type in which it is held and once, however many
   * parameters share it. Adapters on the model do not count: what {@code PeftModel.merge} returns
   * has them in. The file appears when it is complete.
   *
   * @throws IllegalArgumentException if there are none, or a number is not finite; nothing is
   *     written then
   */
  public static void save(Module model, Path file) throws IOException {
    Map<String, Buffer> tensors = new LinkedHashMap<>();
    StateDict.of(model).tensors().forEach((path, own) -> tensors.put(path, own.value()));
    if (tensors.isEmpty()) {
      throw new IllegalArgumentException("nothing was written: the model has no parameters");
    }
    tensors.forEach(ModelFile::requireFinite);
    Safetensors.write(file, tensors);
  }

  private static void requireFinite(String path, Buffer values) {
    if (!Finite.areAll(values)) {
      throw new IllegalArgumentException(
          "nothing was written: " + path + " has numbers that are not finite");
    }
  }

  /**
   * Builds a model of the tensors in a file, or in a folder that {@link Safetensors#openModel}
   * takes. It computes in the type that the file has, in FLOAT32 where that is FLOAT16.
   *
   * @param model builds it, such as a constructor that takes {@link Weights}, or {@code
   *     other::rebuild}
   * @throws AdapterFormatException if tensors are missing, have another shape, are not asked for or
   *     hold numbers that are not finite
   */
  public static <M> M load(Path path, Function<Weights, M> model) throws IOException {
    return build(path, read(path), model);
  }

  /** Like {@link #load(Path, Function)}, computing in {@code type}. */
  public static <M> M load(Path path, DataType type, Function<Weights, M> model)
      throws IOException {
    return build(path, read(path, tensor -> held(tensor, type)), model);
  }

  /**
   * The tensors in a file or folder as {@link #load(Path, Function)} has them, such as one whose
   * names are not the model's paths.
   *
   * @throws AdapterFormatException if the file is wrong, or numbers are not finite
   */
  public static StateDict read(Path path) throws IOException {
    return read(path, tensor -> held(tensor, tensor.type()));
  }

  /** Of a model that computes in BFLOAT16 matrices alone are held in it. */
  private static DataType held(TensorInfo tensor, DataType type) {
    if (!tensor.type().isComputable() && tensor.type() != DataType.FLOAT16) {
      return tensor.type();
    }
    DataType computable = type == DataType.FLOAT16 ? DataType.FLOAT32 : type;
    return tensor.shape().rank() > 1 ? computable : computable.trained();
  }

  private static <M> M build(Path path, StateDict tensors, Function<Weights, M> model)
      throws IOException {
    try {
      return tensors.build(model);
    } catch (MisfitException e) {
      tensors.close();
      throw new AdapterFormatException(path, String.valueOf(e.getMessage()));
    } catch (RuntimeException | Error e) {
      tensors.close();
      throw e;
    }
  }

  private static StateDict read(Path path, Function<TensorInfo, DataType> as) throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    try (Safetensors file =
        Files.isDirectory(path) ? Safetensors.openModel(path) : Safetensors.open(path)) {
      for (String name : file.names()) {
        Buffer values = file.read(name, as.apply(file.info(name)));
        tensors.put(name, Tensor.of(values));
        Finite.required(path, name, values);
      }
      return new StateDict(tensors);
    } catch (IOException | RuntimeException e) {
      tensors.values().forEach(Tensor::free);
      throw e;
    }
  }
}
