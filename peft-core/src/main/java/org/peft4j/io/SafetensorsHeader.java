package org.peft4j.io;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.StreamSupport;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;

/** The parsed and checked header of one safetensors file: tensors in header order, and metadata. */
record SafetensorsHeader(Map<String, TensorInfo> tensors, Map<String, String> metadata) {

  static final String METADATA = "__metadata__";

  /**
   * Parses {@code json}, the header of {@code file}, which holds {@code dataBytes} after it.
   *
   * @throws AdapterFormatException if anything in it is wrong
   */
  static SafetensorsHeader parse(Path file, byte[] json, long dataBytes)
      throws AdapterFormatException {
    Parser parser = new Parser();
    try {
      parser.parse(json);
    } catch (IOException e) {
      // Bytes that are no text at all are not reported as a JsonProcessingException.
      throw new AdapterFormatException(file, "the header is not valid JSON: " + JsonProblem.of(e));
    }
    if (parser.problems.isEmpty()) {
      parser.checkLayout(dataBytes);
    }
    if (!parser.problems.isEmpty()) {
      throw new AdapterFormatException(file, parser.problems);
    }
    return new SafetensorsHeader(parser.tensors, parser.metadata);
  }

  /** Entry by entry, so that a header of many megabytes never becomes one tree. */
  private static final class Parser {

    private static final ObjectReader ENTRIES =
        Json.MAPPER.reader().without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    final Map<String, TensorInfo> tensors = new LinkedHashMap<>();
    final Map<String, String> metadata = new LinkedHashMap<>();
    final List<String> problems = new ArrayList<>();

    void parse(byte[] json) throws IOException {
      try (JsonParser parser = Json.MAPPER.createParser(json)) {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
          String start = parser.hasCurrentToken() ? "starts with " + parser.getText() : "is empty";
          problems.add("the header must be a JSON object but " + start);
          return;
        }
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
          String name = parser.currentName();
          parser.nextToken();
          JsonNode entry = ENTRIES.readTree(parser);
          if (name.equals(METADATA)) {
            readMetadata(entry);
          } else {
            readTensor(name, entry);
          }
        }
        if (parser.nextToken() != null) {
          problems.add("the header goes on after its JSON object with " + parser.getText());
        }
      }
    }

    private void readMetadata(JsonNode entry) {
      boolean strings =
          entry.isObject()
              && StreamSupport.stream(entry.spliterator(), false).allMatch(JsonNode::isTextual);
      if (!strings) {
        problems.add(
            METADATA + " must be an object of strings but was " + Excerpt.of(entry.toString()));
        return;
      }
      entry.properties().forEach(e -> metadata.put(e.getKey(), e.getValue().textValue()));
    }

    private void readTensor(String name, JsonNode entry) {
      int before = problems.size();
      Optional<DataType> type = dataType(name, entry.path("dtype"));
      int[] dims = shape(name, entry.path("shape"));
      long[] offsets = offsets(name, entry.path("data_offsets"));
      if (problems.size() > before || type.isEmpty()) {
        return;
      }
      Shape shape = Shape.of(dims);
      long bytes = bytes(shape, type.get());
      if (bytes < 0) {
        problem(name, "shape " + shape + " holds more elements than any file can");
      } else if (bytes != offsets[1] - offsets[0]) {
        problem(
            name,
            "shape %s of %s takes %d bytes but data_offsets [%d, %d] span %d"
                .formatted(
                    shape,
                    type.get().fileName(),
                    bytes,
                    offsets[0],
                    offsets[1],
                    offsets[1] - offsets[0]));
      }
      tensors.put(name, new TensorInfo(name, type.get(), shape, offsets[0], offsets[1]));
    }

    private Optional<DataType> dataType(String name, JsonNode node) {
      if (!node.isTextual()) {
        problem(name, "dtype must be a string such as \"F32\" but was " + seen(node));
        return Optional.empty();
      }
      try {
        return Optional.of(DataType.ofFileName(node.textValue()));
      } catch (IllegalArgumentException e) {
        problem(name, Excerpt.of(String.valueOf(e.getMessage())));
        return Optional.empty();
      }
    }

    private int[] shape(String name, JsonNode node) {
      boolean extents =
          node.isArray()
              && StreamSupport.stream(node.spliterator(), false)
                  .allMatch(n -> n.isIntegralNumber() && n.canConvertToInt() && n.intValue() >= 0);
      if (!extents) {
        problem(
            name,
            "shape must be a list of whole numbers from 0 to 2147483647 but was " + seen(node));
      }
      return StreamSupport.stream(node.spliterator(), false).mapToInt(JsonNode::asInt).toArray();
    }

    private long[] offsets(String name, JsonNode node) {
      boolean numbers =
          node.isArray()
              && node.size() == 2
              && StreamSupport.stream(node.spliterator(), false)
                  .allMatch(n -> n.isIntegralNumber() && n.canConvertToLong());
      long begin = node.path(0).asLong();
      long end = node.path(1).asLong();
      if (!numbers || begin < 0 || begin > end) {
        problem(
            name,
            "data_offsets must be two whole numbers [begin, end] with 0 <= begin <= end but was "
                + seen(node));
      }
      return new long[] {begin, end};
    }

    /** Tensors must fill the data without gap or overlap; the format forbids both. */
    void checkLayout(long dataBytes) {
      List<TensorInfo> byPlace = new ArrayList<>(tensors.values());
      byPlace.sort(Comparator.comparingLong(TensorInfo::begin).thenComparingLong(TensorInfo::end));
      long filled = 0;
      String last = "";
      for (TensorInfo tensor : byPlace) {
        if (tensor.end() > dataBytes) {
          problem(
              tensor.name(),
              "ends at byte %d of the data but the file holds only %d bytes of data; it is cut off"
                  .formatted(tensor.end(), dataBytes));
          return;
        }
        if (tensor.begin() < filled) {
          problem(
              tensor.name(),
              "begins at byte %d of the data but tensor %s before it ends at %d; they overlap"
                  .formatted(tensor.begin(), last, filled));
        } else if (tensor.begin() > filled) {
          problem(
              tensor.name(),
              "begins at byte %d of the data but must begin at %d; gaps are not allowed"
                  .formatted(tensor.begin(), filled));
        }
        filled = Math.max(filled, tensor.end());
        last = tensor.name();
      }
      if (problems.isEmpty() && filled < dataBytes) {
        problems.add(
            "the tensors end at byte %d of the data but the file holds %d bytes of data"
                .formatted(filled, dataBytes));
      }
    }

    private void problem(String name, String what) {
      problems.add("tensor " + Excerpt.of(name) + ": " + what);
    }

    private static String seen(JsonNode node) {
      return node.isMissingNode() ? "missing" : Excerpt.of(node.toString());
    }

    /** -1 where the number of bytes does not fit a long. */
    private static long bytes(Shape shape, DataType type) {
      try {
        return Math.multiplyExact(shape.length(), type.bytes());
      } catch (ArithmeticException e) {
        return -1;
      }
    }
  }
}
