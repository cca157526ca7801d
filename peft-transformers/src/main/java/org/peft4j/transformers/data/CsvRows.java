package org.peft4j.transformers.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Separated values under a header that names the columns; all cells are strings. */
final class CsvRows implements RowCursor {

  private static final ObjectReader READER =
      new CsvMapper()
          .readerFor(String[].class)
          .with(CsvParser.Feature.WRAP_AS_ARRAY)
          .with(CsvParser.Feature.SKIP_EMPTY_LINES);

  private final Path file;
  private final MappingIterator<String[]> rows;
  private final List<String> header;
  private String[] cells = {};
  private int line;

  CsvRows(DataFile file) throws IOException {
    this.file = file.path();
    char separator = file.kind() == FileKind.TABS ? '\t' : separator(file);
    CsvSchema schema = CsvSchema.emptySchema().withColumnSeparator(separator);
    rows = READER.with(schema).readValues(Utf8Lines.strict(file.text()));
    header = advance() ? Arrays.stream(cells).map(String::strip).toList() : List.of();
    requireNames();
  }

  /** Where a comma separates decimals, spreadsheets write semicolons between cells. */
  private static char separator(DataFile file) throws IOException {
    String first = file.firstLine();
    return first.indexOf(',') < 0 && first.indexOf(';') >= 0 ? ';' : ',';
  }

  private void requireNames() throws ExampleFormatException {
    Set<String> names = new HashSet<>();
    for (String name : header) {
      if (name.isEmpty() || !names.add(name)) {
        throw new ExampleFormatException(
            "%s: line 1: the header must give columns different names but has %s"
                .formatted(file, header));
      }
    }
  }

  @Override
  public boolean advance() throws IOException {
    int after = rows.getCurrentLocation().getLineNr();
    try {
      boolean more = rows.hasNextValue();
      line = rows.getCurrentLocation().getLineNr();
      if (more) {
        cells = rows.nextValue();
      }
      return more;
    } catch (JsonProcessingException e) {
      throw new ExampleFormatException(
          ("%s: line %d: has a cell that is wrongly quoted; a cell that holds quotes is itself in"
                  + " quotes, and has those within doubled")
              .formatted(file, after));
    }
  }

  @Override
  public JsonNode row() throws BadLineException {
    if (cells.length != header.size()) {
      throw new BadLineException(
          "has %d cells but the header names %d columns; a cell that holds what separates cells"
                  .formatted(cells.length, header.size())
              + " must be in quotes");
    }
    ObjectNode row = JsonNodeFactory.instance.objectNode();
    for (int i = 0; i < cells.length; i++) {
      row.put(header.get(i), cells[i]);
    }
    return row;
  }

  @Override
  public String place() {
    return "line " + line;
  }
}
