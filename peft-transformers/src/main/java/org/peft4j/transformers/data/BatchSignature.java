package org.peft4j.transformers.data;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.CRC32C;

/** A checksum over all that decides a sequence of batches. */
final class BatchSignature {

  private final CRC32C sum = new CRC32C();

  private BatchSignature() {}

  static String of(List<List<Example>> rows, int batchSize, Order order) {
    BatchSignature signature = new BatchSignature();
    signature.sum.update(order.name().getBytes(StandardCharsets.UTF_8));
    signature.add(batchSize, rows.size());
    rows.forEach(signature::add);
    return "%08x".formatted(signature.sum.getValue());
  }

  private void add(List<Example> row) {
    add(row.size());
    for (Example example : row) {
      add(example.ids().length);
      add(example.ids());
      add(example.labels());
    }
  }

  private void add(int... numbers) {
    ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES * numbers.length);
    bytes.asIntBuffer().put(numbers);
    sum.update(bytes);
  }
}
