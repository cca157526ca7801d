package org.peft4j.transformers.checkpoint;

import java.util.List;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Shape;

/**
 * Where one parameter lies in stored tensors.
 *
 * @param stored the tensors, with the shapes they have in files
 * @param inByOut whether those are [in, out]
 * @param from the first row of the parameter among theirs
 * @param shape of the parameter
 */
record Placement(List<Part> stored, boolean inByOut, int from, Shape shape) {

  /** A stored tensor. */
  record Part(String name, Shape shape) {}

  /**
   * By a rule with every {@code *} filled in.
   *
   * @throws IllegalArgumentException if the rule gives the parameter another number of rows
   */
  static Placement of(KeyRule rule, String path, Shape shape) {
    int rows = shape.dim(0);
    int from = 0;
    int all = 0;
    for (KeyRule.Rows one : rule.parameters()) {
      int count = rule.parameters().size() == 1 ? rows : one.count();
      if (one.name().equals(path)) {
        from = all;
        requireRows(path, rows, count);
      }
      all += count;
    }
    int total = all;
    return new Placement(
        rule.stored().stream()
            .map(one -> part(rule, one, rule.stored().size() == 1 ? total : one.count(), shape))
            .toList(),
        rule.inByOut(),
        from,
        shape);
  }

  private static void requireRows(String path, int rows, int count) {
    if (rows != count) {
      throw new IllegalArgumentException(
          "the family gives %s %d rows but its rule for files %d".formatted(path, rows, count));
    }
  }

  private static Part part(KeyRule rule, KeyRule.Rows one, int rows, Shape shape) {
    Shape plain = RowBlocks.withRows(shape, rows);
    return new Part(one.name(), rule.inByOut() ? RowBlocks.transposed(plain) : plain);
  }

  /** The parameter, copied out of the tensors. */
  Buffer assembled(List<Buffer> tensors) {
    if (!inByOut) {
      return RowBlocks.copy(tensors, from, shape);
    }
    List<Buffer> turned = tensors.stream().map(RowBlocks::transposed).toList();
    Buffer value = RowBlocks.copy(turned, from, shape);
    turned.forEach(part -> part.memory().close());
    return value;
  }
}
