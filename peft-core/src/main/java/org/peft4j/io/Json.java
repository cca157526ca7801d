package org.peft4j.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.PrettyPrinter;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;

/** JSON, read strictly: no key twice and nothing after the end. */
public final class Json {

  public static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          // As the library of the safetensors format writes its headers.
          .enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8)
          .disable(JsonWriteFeature.WRITE_HEX_UPPER_CASE)
          .build();

  private static final ObjectWriter PYTHON =
      MAPPER
          .writer(pythonLayout())
          .with(JsonNodeFeature.WRITE_PROPERTIES_SORTED)
          .with(JsonWriteFeature.ESCAPE_NON_ASCII);

  private Json() {}

  /**
   * The object in {@code file}.
   *
   * @throws AdapterFormatException if the file holds anything else
   */
  public static ObjectNode readObject(Path file) throws IOException {
    JsonNode node = parse(file, InputFiles.read(file));
    if (node instanceof ObjectNode object) {
      return object;
    }
    throw new AdapterFormatException(
        file, "expected a JSON object but found " + Excerpt.of(node.toString()));
  }

  private static JsonNode parse(Path file, byte[] bytes) throws AdapterFormatException {
    try {
      return MAPPER.readTree(bytes);
    } catch (IOException e) {
      throw new AdapterFormatException(file, "not valid JSON: " + JsonProblem.of(e));
    }
  }

  /**
   * As Python writes it with an indent of two and sorted keys, which is how PEFT writes configs;
   * only numbers with exponents look different.
   */
  public static byte[] pretty(ObjectNode json) {
    try {
      return PYTHON.writeValueAsBytes(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a JSON tree can always be written", e);
    }
  }

  private static PrettyPrinter pythonLayout() {
    Separators separators =
        Separators.createDefaultInstance()
            .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
            .withObjectEmptySeparator("")
            .withArrayEmptySeparator("");
    DefaultIndenter lines = new DefaultIndenter("  ", "\n");
    DefaultPrettyPrinter printer = new DefaultPrettyPrinter(separators);
    printer.indentArraysWith(lines);
    printer.indentObjectsWith(lines);
    return printer;
  }
}
