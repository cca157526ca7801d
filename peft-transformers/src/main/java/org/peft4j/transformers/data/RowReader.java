package org.peft4j.transformers.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.peft4j.transformers.data.BadLineException.Reach;

/**
 * Goes through the rows of a file.
 *
 * @param shapes what rows may look like; of several that fit, the first is taken
 */
record RowReader<T>(ExampleSettings settings, Reading reading, List<RowShape<T>> shapes) {

  /**
   * @throws ExampleFormatException if rows cannot be used, or there is none
   */
  Rows<T> read(DataFile file) throws IOException {
    try {
      return all(file);
    } catch (CharacterCodingException e) {
      throw Utf8Lines.notUtf8(file.path());
    }
  }

  private Rows<T> all(DataFile file) throws IOException {
    try (RowCursor cursor = cursor(file)) {
      return all(file.path(), cursor);
    }
  }

  private Rows<T> all(Path file, RowCursor cursor) throws IOException {
    List<T> rows = new ArrayList<>();
    int count = 0;
    while (cursor.advance()) {
      count++;
      reading.begin();
      try {
        rows.add(row(cursor.row()));
        reading.end();
      } catch (BadLineException e) {
        add(file, cursor.place(), e);
      }
    }
    return reading.rows(file, rows, count, "rows", cursor.blank());
  }

  private void add(Path file, String place, BadLineException e) throws ExampleFormatException {
    if (e.reach() == Reach.FILE) {
      throw new ExampleFormatException("%s: %s: %s".formatted(file, place, e.reason()));
    }
    reading.add(place, e);
  }

  private static RowCursor cursor(DataFile file) throws IOException {
    return switch (file.kind()) {
      case LINES -> new JsonLines(file);
      case VALUES -> new JsonValues(file);
      case COMMAS, TABS -> new CsvRows(file);
      case PARQUET -> parquet(file.path());
      case PLAIN ->
          throw new ExampleFormatException(
              file.path()
                  + " holds no rows; they are read from JSON, JSON Lines, .csv, .tsv and Parquet");
    };
  }

  /** The library is there only for those who want it. */
  private static RowCursor parquet(Path file) throws IOException {
    try {
      return ParquetRows.open(file);
    } catch (NoClassDefFoundError e) {
      throw DataFile.refused(
          file,
          "is a Parquet file; to read it, add blue.strategic.parquet:parquet-floor to the class"
              + " path");
    }
  }

  private T row(JsonNode object) throws BadLineException {
    if (!object.isObject()) {
      throw new BadLineException("must be a JSON object but is " + Row.kind(object));
    }
    ((ObjectNode) object).remove(settings.ignored());
    Row row = new Row(object, settings.columns());
    RowShape<T> shape = shape(row);
    new UnreadKeys(row, reading).check(shape);
    return shape.read(row);
  }

  private RowShape<T> shape(Row row) throws BadLineException {
    Optional<RowFormat> wanted = settings.format();
    List<RowShape<T>> fitting =
        shapes.stream()
            .filter(shape -> wanted.isEmpty() || wanted.equals(shape.format()))
            .filter(shape -> shape.fits(row))
            .toList();
    if (fitting.isEmpty()) {
      throw new BadLineException(unknown(row));
    }
    if (fitting.size() > 1) {
      reading.remark(
          "rows fit several formats, %s: %s is taken; --format takes another"
              .formatted(names(fitting), fitting.get(0).format().orElseThrow()));
    }
    return fitting.get(0);
  }

  private String unknown(Row row) {
    String needs =
        shapes.stream()
            .filter(
                shape -> settings.format().isEmpty() || settings.format().equals(shape.format()))
            .map(RowShape::wanted)
            .collect(Collectors.joining(", or "));
    return "needs %s, but has the keys %s; %s"
        .formatted(
            needs,
            row.keys(),
            row.listOfObjects()
                .map(
                    "\"%s\" is an array of objects: save that array alone if those are the rows"
                        ::formatted)
                .orElse("--columns reads keys that go by other names"));
  }

  private static <T> String names(List<RowShape<T>> shapes) {
    return shapes.stream()
        .map(shape -> shape.format().orElseThrow().toString())
        .collect(Collectors.joining(" and "));
  }
}
