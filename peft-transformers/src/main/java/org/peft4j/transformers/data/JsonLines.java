package org.peft4j.transformers.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;

/** A JSON value per line; a line that is none does not spoil the others. */
final class JsonLines implements RowCursor {

  private final Utf8Lines lines;
  private int blank;

  JsonLines(DataFile file) {
    this.lines = new Utf8Lines(file.text());
  }

  @Override
  public boolean advance() throws IOException {
    while (lines.advance()) {
      if (!lines.isBlank()) {
        return true;
      }
      blank++;
    }
    return false;
  }

  @Override
  public JsonNode row() throws BadLineException {
    return Json.value(lines.text());
  }

  @Override
  public String place() {
    return "line " + lines.number();
  }

  @Override
  public int blank() {
    return blank;
  }
}
