package org.peft4j;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.peft4j.adapter.LowRank;
import org.peft4j.initializer.Offset;
import org.peft4j.kernel.Buffer;
import org.peft4j.nn.Model;
import org.peft4j.nn.ModuleTree;
import org.peft4j.tensor.Tensor;

/**
 * Tells models and starts apart without reading all their values: a checksum over names, shapes and
 * a few rows of every matrix.
 */
final class Fingerprint {

  private static final int ROWS = 16;

  private final CRC32C sum = new CRC32C();

  private Fingerprint() {}

  /** What a checkpoint must agree on about a model and adapters, by what it is called. */
  static Map<String, String> of(Model<?> base, List<InstalledAdapter> adapters) {
    Map<String, String> identity = new LinkedHashMap<>();
    identity.put("base model", ofModel(base));
    for (InstalledAdapter adapter : adapters) {
      String name = "adapter " + adapter.spec().name();
      identity.put(name, adapter.spec().config().toString());
      identity.put(name + ", what is frozen in it", ofFrozen(adapter));
    }
    return identity;
  }

  private static String ofModel(Model<?> base) {
    Fingerprint print = new Fingerprint();
    long numbers = 0;
    for (var entry : ModuleTree.parameters(base).entrySet()) {
      Buffer value = entry.getValue().pretrained().value();
      print.add(entry.getKey(), value);
      numbers += value.length();
    }
    return "%d numbers with checksum %08x".formatted(numbers, print.sum.getValue());
  }

  private static String ofFrozen(InstalledAdapter adapter) {
    Fingerprint print = new Fingerprint();
    Map<String, Tensor> trained = adapter.parameters();
    adapter.stored().forEach((name, t) -> print.addUnless(trained.containsKey(name), name, t));
    adapter.shared().forEach((name, t) -> print.add(name, t.value()));
    adapter.offsets().forEach(print::add);
    Map<String, Tensor> replaced = adapter.replacements();
    replaced.keySet().removeAll(adapter.copies().keySet());
    replaced.forEach((path, t) -> print.add(path, t.value()));
    return "checksum %08x".formatted(print.sum.getValue());
  }

  private void add(String path, Offset offset) {
    LowRank start = offset.start();
    add(path + " A " + offset.scaling(), start.a().value());
    add(path + " B", start.b().value());
  }

  private void addUnless(boolean trained, String name, Tensor tensor) {
    if (!trained) {
      add(name, tensor.value());
    }
  }

  private void add(String name, Buffer value) {
    sum.update((name + value.type() + value.shape()).getBytes(StandardCharsets.UTF_8));
    int rows = Math.min(ROWS, value.rows());
    for (int i = 0; i < rows; i++) {
      int row = (int) ((long) i * (value.rows() - 1) / Math.max(1, rows - 1));
      add(value.rows(row, row + 1).toDoubles());
    }
  }

  private void add(double[] numbers) {
    ByteBuffer bytes = ByteBuffer.allocate(Double.BYTES * numbers.length);
    bytes.asDoubleBuffer().put(numbers);
    sum.update(bytes);
  }
}
