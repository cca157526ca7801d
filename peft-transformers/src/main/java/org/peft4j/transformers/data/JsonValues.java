package org.peft4j.transformers.data;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The entries of JSON arrays, and JSON objects one after the other, over as many lines as are. */
final class JsonValues implements RowCursor {

  private final Path file;
  private final JsonParser parser;
  private JsonNode row = MissingNode.getInstance();
  private boolean inArray;
  private int line;

  JsonValues(DataFile file) throws IOException {
    this.file = file.path();
    this.parser = Json.parser(Utf8Lines.strict(file.text()));
  }

  @Override
  public boolean advance() throws IOException {
    try {
      JsonToken token = next();
      line = parser.currentLocation().getLineNr();
      if (token == null) {
        return false;
      }
      row = Json.value(parser);
      return true;
    } catch (JsonProcessingException e) {
      throw new ExampleFormatException(
          "%s: line %d: %s (column %d)"
              .formatted(
                  file,
                  Json.location(e, parser).getLineNr(),
                  Json.reason(e),
                  Json.location(e, parser).getColumnNr()));
    }
  }

  /** Arrays may follow each other, as where files were joined. */
  private @Nullable JsonToken next() throws IOException {
    JsonToken token = parser.nextToken();
    while (inArray ? token == JsonToken.END_ARRAY : token == JsonToken.START_ARRAY) {
      inArray = !inArray;
      token = parser.nextToken();
    }
    return token;
  }

  @Override
  public JsonNode row() {
    return row;
  }

  @Override
  public String place() {
    return "line " + line;
  }
}
