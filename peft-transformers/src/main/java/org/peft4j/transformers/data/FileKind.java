package org.peft4j.transformers.data;

/** How a file holds what is to be learned. */
enum FileKind {
  /** A JSON object per line. */
  LINES,
  /** JSON arrays of objects, or objects over several lines. */
  VALUES,
  /** Comma separated values under a header. */
  COMMAS,
  /** Rows like those of CSV, separated by tabs. */
  TABS,
  /** Rows by columns, in a format of its own. */
  PARQUET,
  /** One long text. */
  PLAIN
}
