package org.peft4j.transformers.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.Closeable;
import java.io.IOException;

/** Goes through the rows of a file. */
interface RowCursor extends Closeable {

  /**
   * Goes to the next row; false if there is none.
   *
   * @throws ExampleFormatException if nothing after this can be read
   */
  boolean advance() throws IOException;

  /** The current row. */
  JsonNode row() throws BadLineException;

  /** Where the current row is, for people. */
  String place();

  /** How many blank lines were passed over. */
  default int blank() {
    return 0;
  }

  /** Frees what is not the file's text. */
  @Override
  default void close() throws IOException {}
}
