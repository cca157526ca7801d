package org.peft4j.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.peft4j.transformers.TextClassifier;
import org.peft4j.transformers.data.BadLines;
import org.peft4j.transformers.data.ClassExample;
import org.peft4j.transformers.data.ClassReader;
import org.peft4j.transformers.data.ExampleSettings;
import org.peft4j.transformers.data.LabelNames;
import org.peft4j.transformers.data.RowFormat;
import org.peft4j.transformers.data.RowReport;
import org.peft4j.transformers.data.RowRules;
import org.peft4j.transformers.data.Rows;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which file of examples. */
@Heading("Data")
final class FileOptions {

  @Option(
      names = "--data",
      required = true,
      paramLabel = "FILE",
      description = {
        "Rows as JSON Lines, JSON, CSV or TSV, also packed by gzip, or as Parquet; to learn or to"
            + " predict text {\"text\"}, {\"prompt\", \"completion\"}, {\"messages\"},"
            + " {\"conversations\"}, {\"instruction\", \"input\", \"output\"} or {\"input_ids\","
            + " \"labels\"}, or plain text; for labels {\"text\", \"label\"}. See docs/data.md."
      })
  private Path data;

  @Mixin private RowOptions rows;

  @Option(
      names = "--skip-bad-lines",
      description = "Leave rows out that are no examples, instead of refusing the file.")
  private boolean skipsBadLines;

  void check() {
    Places.file("--data", data);
    rows.check();
  }

  Path data() {
    return data;
  }

  int batchSize() {
    return rows.batchSize();
  }

  RowOptions rows() {
    return rows;
  }

  RowRules rules(Optional<RowFormat> format) {
    return rows.rules(skipsBadLines ? BadLines.SKIP : BadLines.FAIL, format);
  }

  /** The texts with labels of a file. */
  List<ClassExample> readClasses(Path file, TextClassifier model, Output output)
      throws IOException {
    ExampleSettings settings = model.settings(length(model)).with(rules(Optional.empty()));
    return told(
        file, new ClassReader(model.texts(), settings, model.labels().names()).read(file), output);
  }

  private int length(TextClassifier model) {
    return rows.length(model.model().maxPositions(), model.usualLength());
  }

  /** The labels that {@code --data} has. */
  List<String> labels() throws IOException {
    return LabelNames.in(data, rules(Optional.empty()));
  }

  /** What became of the rows is said once, and for the data to learn from to programs, too. */
  <T> List<T> told(Path file, Rows<T> rows, Output output) {
    RowReport report = rows.report();
    List<String> sentences = report.sentences();
    if (!sentences.isEmpty()) {
      output.progress().println(file + ": " + String.join("\n  ", sentences));
    }
    if (file.equals(data)) {
      output.remember("data", RowFacts.of(report));
    }
    return rows.list();
  }
}
