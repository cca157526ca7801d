package org.peft4j.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.peft4j.transformers.ClassEvaluation;
import org.peft4j.transformers.model.Labels;

/** How well a classifier does, for people and for programs. */
record ClassFacts(ClassEvaluation evaluation) {

  /** Beyond that a table is wider than a screen. */
  private static final int WIDEST = 12;

  private static final int CONFUSED = 10;
  private static final int LONGEST_NAME = 30;
  private static final String LINE = System.lineSeparator();

  Facts forPrograms() {
    List<Map<String, Object>> byLabel = new ArrayList<>();
    for (ClassEvaluation.ByLabel label : evaluation.byLabel()) {
      Map<String, Object> measures = new LinkedHashMap<>();
      measures.put("label", label.label());
      measures.put("precision", label.precision());
      measures.put("recall", label.recall());
      measures.put("f1", label.f1());
      measures.put("support", label.support());
      byLabel.add(measures);
    }
    return means()
        .with("labels", evaluation.labels().names())
        .with("by_label", byLabel)
        .with("absent", evaluation.absent())
        .with("confusion", evaluation.confusion());
  }

  String forPeople() {
    String absent =
        evaluation.absent().isEmpty()
            ? ""
            : LINE + LINE + "neither in the data nor predicted: " + listed(evaluation.absent());
    String confusion = evaluation.labels().size() <= WIDEST ? matrix() : pairs();
    return means().table() + LINE + LINE + byLabel() + absent + LINE + LINE + confusion;
  }

  private Facts means() {
    return new Facts()
        .with("loss", evaluation.loss())
        .with("accuracy", evaluation.accuracy())
        .with("macro_f1", evaluation.macroF1())
        .with("texts", evaluation.texts());
  }

  private String byLabel() {
    TextTable table = new TextTable("label", "precision", "recall", "f1", "support");
    for (ClassEvaluation.ByLabel label : evaluation.byLabel()) {
      table.row(
          short30(label.label()),
          share(label.precision()),
          share(label.recall()),
          share(label.f1()),
          String.valueOf(label.support()));
    }
    return table.toString();
  }

  private String matrix() {
    Labels labels = evaluation.labels();
    List<String> header = new ArrayList<>(List.of("is \\ predicted"));
    labels.names().forEach(name -> header.add(short30(name)));
    TextTable table = new TextTable(header.toArray(String[]::new));
    for (int label = 0; label < labels.size(); label++) {
      List<String> row = new ArrayList<>(List.of(short30(labels.name(label))));
      IntStream.of(evaluation.confusion()[label]).forEach(n -> row.add(String.valueOf(n)));
      table.row(row.toArray(String[]::new));
    }
    return table.toString();
  }

  /** A mistake that was made, and how often. */
  private record Mistake(int label, int predicted, int times) {}

  private String pairs() {
    List<Mistake> mistakes = new ArrayList<>();
    int[][] confusion = evaluation.confusion();
    for (int label = 0; label < confusion.length; label++) {
      for (int predicted = 0; predicted < confusion.length; predicted++) {
        if (label != predicted && confusion[label][predicted] > 0) {
          mistakes.add(new Mistake(label, predicted, confusion[label][predicted]));
        }
      }
    }
    mistakes.sort(Comparator.comparingInt(mistake -> -mistake.times()));
    TextTable table = new TextTable("most often confused", "predicted", "times");
    mistakes.stream()
        .limit(CONFUSED)
        .forEach(
            mistake ->
                table.row(
                    short30(evaluation.labels().name(mistake.label())),
                    short30(evaluation.labels().name(mistake.predicted())),
                    String.valueOf(mistake.times())));
    return mistakes.isEmpty() ? "no text was given a wrong label" : table.toString();
  }

  private static String listed(List<String> names) {
    int more = names.size() - CONFUSED;
    String first = String.join(", ", names.subList(0, Math.min(CONFUSED, names.size())));
    return more > 0 ? first + " and " + more + " more" : first;
  }

  private static String share(double value) {
    return String.format(Locale.ROOT, "%.4f", value);
  }

  private static String short30(String name) {
    return name.codePointCount(0, name.length()) <= LONGEST_NAME
        ? name
        : name.substring(0, name.offsetByCodePoints(0, LONGEST_NAME - 1)) + "…";
  }
}
