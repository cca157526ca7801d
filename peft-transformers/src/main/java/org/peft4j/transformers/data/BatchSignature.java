package org.peft4j.transformers.data;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/** A checksum over all that decides a sequence of batches. */
final class BatchSignature {

  private final CRC32C sum = new CRC32C();

  BatchSignature(Order order, int batchSize, int rows) {
    sum.update(order.name().getBytes(StandardCharsets.UTF_8));
    add(batchSize, rows);
  }

  void add(Example example) {
    add(example.ids().length);
    add(example.ids());
    add(example.labels());
  }

  void add(int... numbers) {
    ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES * numbers.length);
    bytes.asIntBuffer().put(numbers);
    sum.update(bytes);
  }

  /** Eight hexadecimal digits. */
  String digits() {
    return "%08x".formatted(sum.getValue());
  }
}
