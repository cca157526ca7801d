package org.peft4j.transformers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.DataType;

/** Reads reference numbers. */
public final class Golden {

  private Golden() {}

  public static JsonNode json(Path file) throws IOException {
    return new ObjectMapper().readTree(file.toFile());
  }

  public static int[] ints(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).mapToInt(JsonNode::intValue).toArray();
  }

  public static double[] doubles(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false)
        .mapToDouble(JsonNode::doubleValue)
        .toArray();
  }

  public static double[] tensor(Path file, String name) throws IOException {
    try (Safetensors tensors = Safetensors.open(file)) {
      return tensors.read(name, DataType.FLOAT64).toDoubles();
    }
  }

  public static int[] integers(Path file, String name) throws IOException {
    try (Safetensors tensors = Safetensors.open(file)) {
      LongBuffer longs =
          ByteBuffer.wrap(tensors.bytes(name)).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
      return IntStream.range(0, longs.limit()).map(i -> (int) longs.get(i)).toArray();
    }
  }
}
