package org.peft4j.transformers.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.convert.GroupRecordConverter;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.metadata.FileMetaData;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.LocalInputFile;
import org.apache.parquet.io.MessageColumnIO;
import org.apache.parquet.io.RecordReader;
import org.jspecify.annotations.Nullable;

/** The rows of a Parquet file, a group of them in memory at a time. */
final class ParquetRows implements RowCursor {

  private final Path file;
  private final ParquetFileReader reader;
  private final FileMetaData meta;
  private final MessageColumnIO columns;
  private @Nullable RecordReader<Group> group;
  private JsonNode row = MissingNode.getInstance();
  private long left;
  private int number;

  private ParquetRows(Path file, ParquetFileReader reader) {
    this.file = file;
    this.reader = reader;
    this.meta = reader.getFileMetaData();
    this.columns = new ColumnIOFactory(meta.getCreatedBy()).getColumnIO(meta.getSchema());
  }

  /**
   * @throws ExampleFormatException if the file is damaged
   */
  static RowCursor open(Path file) throws IOException {
    try {
      ParquetReadOptions options =
          ParquetReadOptions.builder(new PlainParquetConfiguration())
              .withCodecFactory(new ParquetCodecs())
              .build();
      ParquetFileReader reader = ParquetFileReader.open(new LocalInputFile(file), options);
      requireSizes(file, reader);
      return new ParquetRows(file, reader);
    } catch (IOException | RuntimeException e) {
      throw damaged(file);
    }
  }

  /** Room is made for what a file says it holds, so it must not say more than it can. */
  private static void requireSizes(Path file, ParquetFileReader reader) throws IOException {
    long most = Files.size(file);
    for (BlockMetaData group : reader.getRowGroups()) {
      for (ColumnChunkMetaData column : group.getColumns()) {
        if (column.getTotalSize() < 0 || column.getTotalSize() > most) {
          reader.close();
          throw damaged(file);
        }
      }
    }
  }

  private static ExampleFormatException damaged(Path file) {
    return DataFile.refused(
        file, "begins as a Parquet file but is damaged, or of a kind that is not read");
  }

  @Override
  public boolean advance() throws ExampleFormatException {
    try {
      while (left == 0) {
        if (!nextGroup()) {
          return false;
        }
      }
      if (group == null) {
        return false;
      }
      row = ParquetValues.object(group.read());
    } catch (IOException | RuntimeException | LinkageError e) {
      // Codecs that want all of Hadoop end in a LinkageError.
      throw damaged(file);
    }
    left--;
    number++;
    return true;
  }

  private boolean nextGroup() throws IOException {
    PageReadStore pages = reader.readNextRowGroup();
    if (pages == null) {
      return false;
    }
    left = pages.getRowCount();
    group = columns.getRecordReader(pages, new GroupRecordConverter(meta.getSchema()));
    return true;
  }

  @Override
  public JsonNode row() {
    return row;
  }

  @Override
  public String place() {
    return "row " + number;
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
