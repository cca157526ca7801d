package org.peft4j.transformers.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.peft4j.transformers.data.ExampleFiles.ASCII;
import static org.peft4j.transformers.data.ExampleFiles.settings;
import static org.peft4j.transformers.data.ExampleFiles.write;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a file holds is told by what is in it. */
class RowFilesTest {

  private static final String LINES = "{\"text\": \"ab\"}\n{\"text\": \"cd\"}\n";
  private static final String ARRAY = "[\n{\"text\": \"ab\"},\n{\"text\": \"cd\"}]\n";
  private static final String OBJECTS = "{\n \"text\": \"ab\"\n}\n{\n \"text\": \"cd\"\n}\n";

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"rows.json", "rows.jsonl", "rows.txt", "rows.data", "rows", "rows.csv"})
  void jsonIsReadWhateverTheNameSays(String name) throws IOException {
    for (String text : List.of(LINES, ARRAY, "\uFEFF \n" + ARRAY)) {
      assertThat(texts(write(folder, name, text))).containsExactly("ab", "cd");
    }
  }

  @Test
  void objectsMayGoOverSeveralLinesAndArraysFollowEachOther() throws IOException {
    assertThat(texts(write(folder, "rows.json", OBJECTS))).containsExactly("ab", "cd");
    assertThat(texts(write(folder, "rows.txt", ARRAY + ARRAY))).hasSize(4);
  }

  @Test
  void aTextThatOnlyBeginsWithABracketIsAText() throws IOException {
    assertThat(texts(write(folder, "book.txt", "[1] ab"))).containsExactly("[1] ab");
    assertThat(texts(write(folder, "book.txt", "{ab}"))).containsExactly("{ab}");
  }

  @Test
  void jsonMayBeTakenAsATextOnRequest() throws IOException {
    Path file = write(folder, "rows.jsonl", "{\"text\": 1}");
    Rows<Example> rows = new ExampleReader(ASCII, settings(64).with(RowFormat.PLAIN)).read(file);
    assertThat(text(rows.list().get(0))).isEqualTo("{\"text\": 1}");
  }

  @ParameterizedTest
  @CsvSource({"rows.csv, ','", "rows.csv, ;", "rows.TSV, '\t'"})
  void tablesAreRowsUnderAHeader(String name, String separator) throws IOException {
    String table = "id|text|\r\n1|ab\r\n\r\n2|\"c|\"\"\nd\"\r\n".replace("text|", "text");
    Path file = write(folder, name, "\uFEFF" + table.replace("|", separator));
    assertThat(texts(file)).containsExactly("ab", "c" + separator + "\"\nd");
    assertThat(read(file).report().remarks()).containsExactly("keys that are not read: \"id\"");
  }

  @Test
  void aTableNamesTheLineThatIsWrong() throws IOException {
    Path cells = write(folder, "cells.csv", "text,id\n\"a\nb\",1\nc,d,2\n");
    assertThatThrownBy(() -> read(cells))
        .hasMessage(
            cells
                + ": 1 of 2 rows cannot be used:\n  line 4: has 3 cells but the header names 2"
                + " columns; a cell that holds what separates cells must be in quotes\n"
                + "  --skip-bad-lines leaves such rows out");
    Path header = write(folder, "header.csv", "text,text\na,b\n");
    assertThatThrownBy(() -> read(header))
        .hasMessage(
            header + ": line 1: the header must give columns different names but has [text, text]");
    Path open = write(folder, "open.csv", "text\na\n\"b\n");
    assertThatThrownBy(() -> read(open))
        .isInstanceOf(ExampleFormatException.class)
        .hasMessageStartingWith(open + ": line 3: has a cell that is wrongly quoted;");
  }

  @Test
  void packedFilesAreReadAsWhatTheyHold() throws IOException {
    for (String name : List.of("rows.jsonl.gz", "rows.gz", "rows.jsonl")) {
      assertThat(texts(write(folder, name, packed(LINES)))).containsExactly("ab", "cd");
    }
    assertThat(texts(write(folder, "rows.csv.gz", packed("text\nab\n")))).containsExactly("ab");
    assertThat(texts(write(folder, "book.txt.gz", packed("ab")))).containsExactly("ab");
  }

  @Test
  void aPackedFileThatIsCutIsRefused() throws IOException {
    byte[] packed = packed(LINES);
    Path file = write(folder, "rows.jsonl.gz", Arrays.copyOf(packed, packed.length - 12));
    assertThatThrownBy(() -> read(file))
        .isInstanceOf(ExampleFormatException.class)
        .hasMessage(file + " is packed by gzip, but damaged");
  }

  static Stream<Arguments> binaries() {
    return Stream.of(
        Arguments.of("PK\3\4\0", "a zip archive"),
        Arguments.of("%PDF-1.7", "a PDF document"),
        Arguments.of("\u0089PNG\r\n", "a PNG picture"),
        Arguments.of("SQLite format 3\0", "a SQLite database"),
        Arguments.of("ARROW1\0\0", "an Arrow file"),
        Arguments.of("\u00FF\u00FF\u00FF\u00FF\0", "an Arrow stream"),
        Arguments.of("(\u00B5/\u00FD\0", "compressed by zstd"),
        Arguments.of("\u0080\4\u0095", "a Python pickle"),
        Arguments.of("GGUF\3\0", "a GGUF model"));
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource("binaries")
  void whatIsNoTextIsRefusedByName(String start, String name) throws IOException {
    byte[] bytes = start.getBytes(StandardCharsets.ISO_8859_1);
    for (String file : List.of("rows.jsonl", "book.txt")) {
      Path written = write(folder, file, bytes);
      assertThatThrownBy(() -> read(written))
          .isInstanceOf(ExampleFormatException.class)
          .hasMessage(
              written
                  + " is %s, not a text; rows are read from JSON, JSON Lines, CSV, TSV"
                      .formatted(name)
                  + " and Parquet, also packed by gzip");
    }
  }

  @Test
  void whatHasNulBytesIsRefused() throws IOException {
    Path file = write(folder, "book.txt", "ab\0c");
    assertThatThrownBy(() -> read(file))
        .hasMessageStartingWith(
            file + " is not a text in UTF-8: byte 2 is NUL, as in binary files");
  }

  @Test
  void aPointerOfGitLfsIsRefused() throws IOException {
    Path file =
        write(folder, "a.txt", "version https://git-lfs.github.com/spec/v1\noid sha256:00\n");
    assertThatThrownBy(() -> read(file))
        .hasMessage(
            file
                + " is a Git LFS pointer and not the file itself; run 'git lfs pull' in its folder");
  }

  @Test
  void aTextMayBeginWithTheLettersOfAFormat() throws IOException {
    assertThat(texts(write(folder, "book.txt", "GIF89 and ORCs")))
        .containsExactly("GIF89 and ORCs");
  }

  @Test
  void utf16IsReadButForJsonLines() throws IOException {
    assertThat(texts(write(folder, "rows.json", utf16(ARRAY)))).containsExactly("ab", "cd");
    assertThat(texts(write(folder, "rows.csv", utf16("text\nab\n")))).containsExactly("ab");
    assertThat(texts(write(folder, "book.txt", utf16("ab")))).containsExactly("ab");
    Path lines = write(folder, "rows.jsonl", utf16(LINES));
    assertThatThrownBy(() -> read(lines))
        .hasMessage(lines + " is UTF-16, but JSON Lines are UTF-8; save it as UTF-8");
  }

  @ParameterizedTest
  @CsvSource({"rows.json", "rows.csv"})
  void namesTheLineThatIsNotUtf8(String name) throws IOException {
    String text =
        name.endsWith("csv") ? "text\nab\ncaf\u00E9\n" : "[\n{},\n{\"text\": \"\u00E9\"}]";
    Path file = write(folder, name, text.getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> read(file))
        .isInstanceOf(ExampleFormatException.class)
        .hasMessage(
            file
                + ": line 3: is not UTF-8 but perhaps Latin-1 or Windows-1252; save the file as"
                + " UTF-8");
  }

  @Test
  void rowsUnderAKeyAreRefusedByItsName() throws IOException {
    for (String text :
        List.of("{\"data\": [{\"text\": \"a\"}]}", "{\n\"data\": [{\"text\": \"a\"}]\n}")) {
      Path file = write(folder, "rows.json", text);
      assertThatThrownBy(() -> read(file))
          .hasMessageEndingWith(
              "but has the keys [data]; \"data\" is an array of objects: save that array alone if"
                  + " those are the rows");
    }
  }

  @Test
  void blankLinesArePassedOverAndCounted() throws IOException {
    Path file = write(folder, "rows.jsonl", "\n{\"text\": \"ab\"}\n  \r\n{\"text\": \"cd\"}\n\n");
    assertThat(texts(file)).containsExactly("ab", "cd");
    assertThat(read(file).report().blank()).isEqualTo(3);
    assertThat(read(file).report().sentences()).containsExactly("blank lines passed over: 3");
  }

  private static Rows<Example> read(Path file) throws IOException {
    return new ExampleReader(ASCII, settings(64)).read(file);
  }

  private static List<String> texts(Path file) throws IOException {
    return read(file).list().stream().map(RowFilesTest::text).toList();
  }

  /** Without the tokens that begin and end a text. */
  private static String text(Example example) {
    StringBuilder text = new StringBuilder();
    Arrays.stream(example.ids()).filter(id -> id > 2).forEach(text::appendCodePoint);
    return text.toString();
  }

  private static byte[] utf16(String text) {
    return ("\uFEFF" + text).getBytes(StandardCharsets.UTF_16LE);
  }

  private static byte[] packed(String text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream packing = new GZIPOutputStream(bytes)) {
      packing.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }
}
