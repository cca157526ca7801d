package org.peft4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.peft4j.transformers.Prediction;
import org.peft4j.transformers.TextClassifier;
import org.peft4j.transformers.checkpoint.Task;
import org.peft4j.transformers.data.BadLines;
import org.peft4j.transformers.data.ExampleFormatException;
import org.peft4j.transformers.data.ExampleSettings;
import org.peft4j.transformers.data.RowReport;
import org.peft4j.transformers.data.Rows;
import org.peft4j.transformers.data.TextReader;
import org.peft4j.transformers.data.TooLong;
import org.peft4j.transformers.data.UnlabelledText;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Tells texts apart. */
@Heading("Data")
@Command(
    name = "predict",
    description = {
      "Tells what label texts have, with a model or an adapter that classify has trained: one JSON"
          + " object a line, in the order of the texts. Reads standard input unless --text or --data"
          + " is given: rows {\"text\"} as for --data, or a text on each line."
    })
final class PredictCommand implements Callable<Integer> {

  /** Texts that are told before the next are looked at. */
  private static final int BATCHES_AT_ONCE = 32;

  @Mixin private ModelOptions model;

  @Option(
      names = "--text",
      paramLabel = "TEXT",
      description = "The text; may be given several times.")
  private @Nullable List<String> texts;

  @Uses.Without("--text")
  @Option(
      names = "--data",
      paramLabel = "FILE",
      description =
          "Rows {\"text\"} as JSON Lines, JSON, CSV, TSV or Parquet; other files have a text on each"
              + " line. See docs/data.md.")
  private @Nullable Path data;

  @Mixin private RowOptions rows;
  @Mixin private LabelOptions labels;
  @Mixin private Output output;

  @Override
  public Integer call() throws IOException {
    rows.check();
    if (rows.tooLong() == TooLong.SKIP) {
      throw new IllegalArgumentException(
          "--too-long skip would leave texts without an answer; take cut or refuse");
    }
    if (data != null) {
      Places.file("--data", data);
    }
    model.check();
    model.require(Task.CLASSIFICATION);
    try (TextClassifier classifier = model.loadClassifier(labels)) {
      Rows<UnlabelledText> read = read(classifier);
      RowReport report = read.report();
      report.sentences().forEach(output.progress()::println);
      Map<String, Integer> counts = tell(classifier, read.list());
      output.summary(
          new Facts()
              .with("texts", report.read())
              .with("cut", report.cut())
              .with("predicted", counts));
    }
    return 0;
  }

  private Rows<UnlabelledText> read(TextClassifier classifier) throws IOException {
    int length = rows.length(classifier.model().maxPositions(), classifier.usualLength());
    ExampleSettings settings =
        classifier.settings(length).with(rows.rules(BadLines.FAIL, Optional.empty()));
    TextReader reader = new TextReader(classifier.texts(), settings);
    if (texts != null) {
      return reader.read("--text", texts);
    }
    return data != null ? reader.read(data) : standardInput(reader);
  }

  /** What a stream holds shows in its beginning and takes going back, so it becomes a file. */
  private static Rows<UnlabelledText> standardInput(TextReader reader) throws IOException {
    Path folder = Files.createTempDirectory("peft-predict-");
    Path file = folder.resolve("standard-input");
    try {
      Files.copy(System.in, file);
      return reader.read(file);
    } catch (ExampleFormatException e) {
      throw new IllegalArgumentException(
          String.valueOf(e.getMessage()).replace(file.toString(), "standard input"), e);
    } finally {
      Files.deleteIfExists(file);
      Files.delete(folder);
    }
  }

  private Map<String, Integer> tell(TextClassifier classifier, List<UnlabelledText> all) {
    Map<String, Integer> counts = new LinkedHashMap<>();
    classifier.labels().names().forEach(label -> counts.put(label, 0));
    int atOnce = rows.batchSize() * BATCHES_AT_ONCE;
    for (int from = 0; from < all.size(); from += atOnce) {
      List<UnlabelledText> some = all.subList(from, Math.min(all.size(), from + atOnce));
      List<int[]> ids = new ArrayList<>();
      some.forEach(text -> ids.add(text.ids()));
      List<Prediction> predictions = classifier.predictTokens(ids, rows.batchSize());
      for (int i = 0; i < predictions.size(); i++) {
        tell(some.get(i).text(), predictions.get(i));
        counts.merge(predictions.get(i).label(), 1, Integer::sum);
      }
    }
    return counts;
  }

  private void tell(String text, Prediction prediction) {
    Facts line =
        new Facts()
            .with("text", text)
            .with("label", prediction.label())
            .with("probability", prediction.probability())
            .with("probabilities", prediction.probabilities());
    output.line(line, line.json());
  }
}
