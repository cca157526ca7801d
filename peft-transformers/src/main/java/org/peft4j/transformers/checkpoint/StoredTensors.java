package org.peft4j.transformers.checkpoint;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Memory;
import org.peft4j.kernel.Shape;

/**
 * The parameters of a model in the names and forms of its family's files: {@link CheckpointWeights}
 * the other way round.
 */
final class StoredTensors implements AutoCloseable {

  private final Map<String, Buffer> parameters;
  private final Map<String, Buffer> byName = new LinkedHashMap<>();
  private final List<Memory> copies = new ArrayList<>();

  /**
   * @param parameters by their paths
   * @throws IllegalArgumentException if only some of the parameters of a stored tensor are there
   */
  StoredTensors(Map<String, Buffer> parameters, KeyMap keys) {
    this.parameters = parameters;
    Set<KeyRule> done = new HashSet<>();
    parameters.forEach(
        (path, value) -> {
          Optional<KeyRule> rule = keys.rule(path);
          if (rule.isEmpty()) {
            byName.put(path, value);
          } else if (done.add(rule.get())) {
            put(rule.get(), path);
          }
        });
  }

  /** The tensors to write, in order. */
  Map<String, Buffer> byName() {
    return byName;
  }

  /** Frees what was copied for it. */
  @Override
  public void close() {
    copies.forEach(Memory::close);
  }

  private void put(KeyRule rule, String path) {
    List<Buffer> values =
        rule.parameters().stream().map(rows -> parameter(rows.name(), path)).toList();
    if (rule.isName()) {
      byName.put(rule.stored().get(0).name(), values.get(0));
      return;
    }
    int total = values.stream().mapToInt(RowBlocks::count).sum();
    int from = 0;
    for (KeyRule.Rows rows : rule.stored()) {
      int count = rule.stored().size() == 1 ? total : rows.count();
      Shape shape = RowBlocks.withRows(values.get(0).shape(), count);
      byName.put(rows.name(), stored(values, from, shape, rule.inByOut()));
      from += count;
    }
  }

  private Buffer parameter(String name, String other) {
    Buffer value = parameters.get(name);
    if (value == null) {
      throw new IllegalArgumentException(
          "%s is stored in one tensor with %s, which the model does not have"
              .formatted(other, name));
    }
    return value;
  }

  private Buffer stored(List<Buffer> values, int from, Shape shape, boolean inByOut) {
    Buffer copy = kept(RowBlocks.copy(values, from, shape));
    return inByOut ? kept(RowBlocks.transposed(copy)) : copy;
  }

  private Buffer kept(Buffer copy) {
    copies.add(copy.memory());
    return copy;
  }
}
