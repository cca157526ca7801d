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
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroupFactory;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.io.LocalOutputFile;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Texts and their labels in every kind of file. */
class LabelledRowsTest {

  private static final String LINES =
      "{\"text\": \"ab\", \"label\": \"no\"}\n{\"text\": \"cd\", \"label\": \"yes\"}\n";

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({"rows.jsonl", "rows.json", "rows.csv", "rows.tsv", "rows.csv.gz", "rows.parquet"})
  void everyKindOfFileHasThem(String name) throws IOException {
    Path file =
        switch (name) {
          case "rows.jsonl" -> write(folder, name, LINES);
          case "rows.json" -> write(folder, name, "[" + LINES.strip().replace("\n", ",") + "]");
          case "rows.csv" -> write(folder, name, "text,label\nab,no\ncd,yes\n");
          case "rows.tsv" -> write(folder, name, "text\tlabel\nab\tno\ncd\tyes\n");
          case "rows.csv.gz" -> write(folder, name, packed("text,label\nab,no\ncd,yes\n"));
          default -> parquet(name, "binary label (STRING)", "no", "yes");
        };

    assertThat(LabelNames.in(file, new RowRules())).containsExactly("no", "yes");
    List<ClassExample> read = read(file, "yes", "no");
    assertThat(read).extracting(ClassExample::label).containsExactly(1, 0);
    assertThat(read.get(1).ids()).containsExactly(1, 'c', 'd');
  }

  @Test
  void columnsMayGoByOtherNames() throws IOException {
    Path file = write(folder, "rows.csv", "question,category\nab,no\ncd,yes\n");
    Columns columns = Columns.parse("text=question,label=category");

    assertThat(LabelNames.in(file, settings(9).with(columns).rules())).containsExactly("no", "yes");
    assertThat(
            new ClassReader(ASCII, settings(9).with(columns), List.of("no", "yes"))
                .read(file)
                .list())
        .extracting(ClassExample::label)
        .containsExactly(0, 1);
  }

  @Test
  void numbersAreLabelsByTheirSizeInWhateverFile() throws IOException {
    Path lines = write(folder, "n.jsonl", labelled("10", "9", "-1", "\"9\""));
    Path table = write(folder, "n.csv", "text,label\na,10\nb,9\nc,-1\n");
    Path parquet = parquet("n.parquet", "int64 label", 10L, 9L);

    assertThat(LabelNames.in(lines, new RowRules())).containsExactly("-1", "9", "10");
    assertThat(LabelNames.in(table, new RowRules())).containsExactly("-1", "9", "10");
    assertThat(LabelNames.in(parquet, new RowRules())).containsExactly("9", "10");
    assertThat(read(lines, "-1", "9", "10"))
        .extracting(ClassExample::label)
        .containsExactly(2, 1, 0, 1);
    assertThat(read(table, "-1", "9", "10"))
        .extracting(ClassExample::label)
        .containsExactly(2, 1, 0);
    assertThat(read(parquet, "9", "10")).extracting(ClassExample::label).containsExactly(1, 0);
  }

  @Test
  void trueAndFalseAreLabels() throws IOException {
    Path file = write(folder, "n.jsonl", labelled("true", "false"));

    assertThat(LabelNames.in(file, new RowRules())).containsExactly("false", "true");
    assertThat(read(file, "false", "true")).extracting(ClassExample::label).containsExactly(1, 0);
  }

  /** Stars from 1 to 5 must not become those from 0 to 4. */
  @Test
  void aNumberStandsForTheLabelInItsPlaceOnlyWhereNoLabelIsANumber() throws IOException {
    Path file = write(folder, "n.jsonl", labelled("1", "\"0\""));

    assertThat(read(file, "bad", "good")).extracting(ClassExample::label).containsExactly(1, 0);
    assertThatThrownBy(() -> read(file, "1", "2"))
        .hasMessageEndingWith(
            "line 2: \"label\" is \"0\", none of the 2 labels: 1, 2\n"
                + "  --skip-bad-lines leaves such rows out");
  }

  @Test
  void anUnknownLabelIsNamed() throws IOException {
    Path file = write(folder, "rows.csv", "text,kind\nab,so so\n");

    assertThatThrownBy(
            () ->
                new ClassReader(ASCII, settings(9).with(Columns.parse("label=kind")), many(12))
                    .read(file))
        .isInstanceOf(ExampleFormatException.class)
        .hasMessage(
            file
                + ": 1 of 1 rows cannot be used:\n  line 2: \"kind\" is \"so so\", none of the 12"
                + " labels: k0, k1, k2, k3, k4, k5, k6, k7, k8, k9 ...");
  }

  @Test
  void aLabelThatSaysNothingIsRefused() throws IOException {
    Path blank = write(folder, "blank.csv", "text,label\nab,\n");
    Path list = write(folder, "list.jsonl", labelled("[1]"));

    assertThatThrownBy(() -> read(blank, "a", "b"))
        .hasMessageEndingWith("line 2: \"label\" must be a name or a number but is blank");
    assertThatThrownBy(() -> read(list, "a", "b"))
        .hasMessageEndingWith("line 1: \"label\" must be a name or a number but is an array");
  }

  @Test
  void whatCannotBeLabelsIsNotTakenForThem() throws IOException {
    Path one = write(folder, "one.jsonl", labelled("\"a\"", "\"a\""));
    Path scores =
        write(
            folder,
            "scores.jsonl",
            labelled(IntStream.range(0, 30).mapToObj(i -> i / 2 * 2 + ".5").toArray(String[]::new))
                + labelled(many(30).stream().map(n -> '"' + n + '"').toArray(String[]::new)));

    assertThatThrownBy(() -> LabelNames.in(one, new RowRules()))
        .hasMessage(
            one
                + ": every row has the label a, so there is nothing to tell apart; name all there"
                + " are with --labels");
    assertThatThrownBy(() -> LabelNames.in(scores, new RowRules()))
        .hasMessage(
            scores
                + ": 60 rows have 45 different labels, which look like texts or measurements, such"
                + " as 0.5; name all there are with --labels");
  }

  @Test
  void textsWithoutLabelsAreReadInTheirOrder() throws IOException {
    TextReader reader = new TextReader(ASCII, settings(3));
    Path rows =
        write(folder, "rows.jsonl", "{\"text\": \"abc\", \"label\": true}\n{\"text\": \"d\"}\n");
    Path lines = write(folder, "lines.txt", "abc\n\n d\n");

    Rows<UnlabelledText> read = reader.read(lines);

    assertThat(read.list()).extracting(UnlabelledText::text).containsExactly("abc", " d");
    assertThat(read.list().get(0).ids()).containsExactly(1, 'a', 'b');
    assertThat(read.report()).isEqualTo(new RowReport(2, 1, 0, 0, 1, List.of()));
    assertThat(reader.read(rows).list())
        .extracting(UnlabelledText::text)
        .containsExactly("abc", "d");
    assertThat(reader.read("--text", List.of("abc", "d")).list().get(1).ids())
        .containsExactly(1, 'd');
  }

  @Test
  void whatIsWrongWithTextsIsNamedByItsPlace() throws IOException {
    TextReader reader = new TextReader(ASCII, settings(3).with(TooLong.REFUSE));
    Path lines = write(folder, "lines.txt", "a\nabc\n");

    assertThatThrownBy(() -> reader.read(lines))
        .hasMessageContaining(lines + ": 1 of 2 lines cannot be used:\n  line 2: has 4 tokens");
    assertThatThrownBy(() -> reader.read("--text", List.of("a", " ")))
        .hasMessageContaining("--text: 1 of 2 texts cannot be used:\n  text 2: is blank");
  }

  @Test
  void columnsOfWhatHasNoneAreRefused() throws IOException {
    Path lines = write(folder, "lines.txt", "a\nb\n");
    ExampleSettings renamed = settings(9).with(Columns.parse("text=body"));
    String refusal =
        lines
            + " is read as plain text, which has no columns, so --columns and --ignore are of no"
            + " use; leave them out, or name the file .csv, .tsv or .jsonl if it has rows";

    assertThatThrownBy(() -> new TextReader(ASCII, renamed).read(lines)).hasMessage(refusal);
    assertThatThrownBy(() -> new ExampleReader(ASCII, renamed).read(lines)).hasMessage(refusal);
  }

  private static List<ClassExample> read(Path file, String... labels) throws IOException {
    return new ClassReader(ASCII, settings(9), List.of(labels)).read(file).list();
  }

  private static List<String> many(int count) {
    return IntStream.range(0, count).mapToObj(i -> "k" + i).toList();
  }

  private static String labelled(String... labels) {
    return List.of(labels).stream()
        .map(label -> "{\"text\": \"a\", \"label\": " + label + "}\n")
        .collect(Collectors.joining());
  }

  private static byte[] packed(String text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }

  private Path parquet(String name, String type, Object first, Object second) throws IOException {
    MessageType rows =
        MessageTypeParser.parseMessageType(
            "message rows { optional binary text (STRING); optional " + type + "; }");
    Path file = folder.resolve(name);
    try (ParquetWriter<Group> writer =
        ExampleParquetWriter.builder(new LocalOutputFile(file))
            .withConf(new PlainParquetConfiguration())
            .withType(rows)
            .build()) {
      writer.write(row(rows, "ab", first));
      writer.write(row(rows, "cd", second));
    }
    return file;
  }

  private static Group row(MessageType type, String text, Object label) {
    Group row = new SimpleGroupFactory(type).newGroup().append("text", text);
    return label instanceof Long number
        ? row.append("label", number.longValue())
        : row.append("label", label.toString());
  }
}
