package org.peft4j.transformers.data;

import java.io.IOException;
import java.util.Optional;

/** A file that is one long text. */
record TextFile(ExampleSettings settings, Reading reading, TokenSource tokens) {

  Rows<Example> read(DataFile file) throws IOException {
    TextBlocks blocks = new TextBlocks(tokens, settings);
    Utf8Lines lines = new Utf8Lines(file.text());
    try {
      while (lines.advance()) {
        Optional<String> line = text(lines);
        if (line.isPresent()) {
          blocks.addLine(line.get());
        }
      }
      return reading.rows(file.path(), blocks.finish(), lines.number(), "lines", 0);
    } catch (BadLineException e) {
      throw new ExampleFormatException(file.path() + ": " + e.reason());
    }
  }

  private Optional<String> text(Utf8Lines lines) {
    try {
      return Optional.of(lines.text());
    } catch (BadLineException e) {
      reading.add("line " + lines.number(), e);
      return Optional.empty();
    }
  }
}
