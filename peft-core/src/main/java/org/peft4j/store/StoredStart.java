package org.peft4j.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.peft4j.adapter.AdapterSite;
import org.peft4j.initializer.FromWeight;
import org.peft4j.initializer.Start;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
import org.peft4j.tensor.Tensor;

/**
 * The start that a file holds.
 *
 * @param name of the initializer that found it
 * @param file to name in messages
 * @param tensors by their names in the file
 * @param metadata hold the scale of every layer by {@code <layer>.scaling}
 */
record StoredStart(
    String name, Path file, Map<String, Tensor> tensors, Map<String, String> metadata)
    implements FromWeight {

  /** A file's scale may have been rounded on its way. */
  private static final double SAME = 1e-6;

  static StoredStart read(String name, Path file, Safetensors stored) throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (String tensor : stored.names()) {
      tensors.put(tensor, Tensor.of(stored.read(tensor, DataType.FLOAT64)));
    }
    return new StoredStart(name, file, tensors, stored.metadata());
  }

  @Override
  public Start start(AdapterSite site, int rank, double scaling) {
    String layer = AdapterStore.PREFIX + site.path();
    String stored = metadata.getOrDefault(layer + StartFile.SCALING, "missing");
    if (!isAbout(stored, scaling)) {
      throw wrong(
          "the scale at "
              + site.path()
              + " should be "
              + scaling
              + ", as in adapter_config.json, but is "
              + stored);
    }
    return Start.at(
        tensor(site, layer + StartFile.A, Shape.of(rank, site.in())),
        tensor(site, layer + StartFile.B, Shape.of(site.out(), rank)));
  }

  private Tensor tensor(AdapterSite site, String name, Shape shape) {
    @Nullable Tensor stored = tensors.get(name);
    if (stored == null || !stored.shape().equals(shape)) {
      throw wrong(
          "tensor "
              + name
              + " should be "
              + shape
              + " but is "
              + (stored == null ? "missing" : stored.shape()));
    }
    return site.trained(stored.value().toDoubles(), shape.dims());
  }

  private static boolean isAbout(String stored, double scaling) {
    try {
      return Math.abs(Double.parseDouble(stored) - scaling) <= SAME * scaling;
    } catch (NumberFormatException e) {
      return false;
    }
  }

  private UncheckedIOException wrong(String problem) {
    return new UncheckedIOException(new AdapterFormatException(file, problem));
  }

  @Override
  public boolean isRepeatable() {
    return true;
  }
}
