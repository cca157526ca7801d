package org.peft4j.cli;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import org.peft4j.StartListener;
import org.peft4j.StartReport;

/** Tells on standard error how far the initialization of an adapter is, every few seconds. */
final class StartProgress implements StartListener {

  private static final long PAUSE = 2_000_000_000L;

  private final PrintWriter out;
  private long told = System.nanoTime();

  StartProgress(PrintWriter out) {
    this.out = out;
  }

  @Override
  public void onBatch(int shown, int most) {
    tell("looked at batch %d of at most %d%n", shown, most);
  }

  @Override
  public void onLayer(String adapter, int done, int of) {
    tell("started layer %d of %d%n", done, of);
  }

  private void tell(String format, int done, int of) {
    if (System.nanoTime() - told > PAUSE) {
      told = System.nanoTime();
      out.printf(Locale.ROOT, format, done, of);
      out.flush();
    }
  }

  /** The report of all layers, one line each under a heading. */
  static String table(List<StartReport> starts) {
    int width = starts.stream().mapToInt(start -> start.layer().length()).max().orElse(0);
    StringBuilder table =
        new StringBuilder(row(width, "layer", "rank", "energy", "condition", "seconds"));
    for (StartReport start : starts) {
      table.append(
          row(
              width,
              start.layer(),
              Integer.toString(start.facts().rank()),
              number("%.3f", start.facts().energy()),
              number("%.2g", start.facts().condition()),
              String.format(Locale.ROOT, "%.3f", start.seconds())));
    }
    return table.toString().stripTrailing();
  }

  /** The facts of that table by name, for programs. */
  static List<Map<String, Object>> facts(List<StartReport> starts) {
    return starts.stream().map(StartProgress::facts).toList();
  }

  private static Map<String, Object> facts(StartReport start) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("layer", start.layer());
    facts.put("rank", start.facts().rank());
    start.facts().energy().ifPresent(energy -> facts.put("energy", energy));
    start.facts().condition().ifPresent(condition -> facts.put("condition", condition));
    facts.put("seconds", start.seconds());
    return facts;
  }

  private static String row(int width, String layer, String... cells) {
    StringBuilder row = new StringBuilder(layer + " ".repeat(width - layer.length()));
    for (String cell : cells) {
      row.append(String.format(Locale.ROOT, "%11s", cell));
    }
    return row.append(System.lineSeparator()).toString();
  }

  private static String number(String format, OptionalDouble value) {
    return value.isPresent() ? String.format(Locale.ROOT, format, value.getAsDouble()) : "-";
  }
}
