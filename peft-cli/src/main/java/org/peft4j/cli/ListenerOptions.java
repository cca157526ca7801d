package org.peft4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.peft4j.listeners.CsvListener;
import org.peft4j.listeners.CurvesListener;
import org.peft4j.listeners.JsonLinesListener;
import org.peft4j.listeners.TensorBoardListener;
import org.peft4j.train.TrainingListener;
import picocli.CommandLine.Option;

/** Where to keep how training went. */
@Heading("What is written")
final class ListenerOptions {

  @Option(
      names = "--metrics",
      paramLabel = "FILE",
      description =
          "Write one JSON object per step to this file, or a table if its name ends in .csv.")
  private @Nullable Path metrics;

  @Option(
      names = "--tensorboard",
      paramLabel = "DIR",
      description = "Write event files for TensorBoard to this folder.")
  private @Nullable Path tensorBoard;

  @Option(
      names = "--plot",
      paramLabel = "FILE",
      description = "Draw the loss over the steps as PNG or SVG, as the end of the name says.")
  private @Nullable Path plot;

  void check() throws IOException {
    if (metrics != null) {
      Places.newFile("--metrics", metrics);
      String begin = isTable(metrics) ? "step," : "{\"step\":";
      Places.requireKind("--metrics", metrics, "metrics", begin);
    }
    if (tensorBoard != null) {
      Places.newFolder("--tensorboard", tensorBoard);
    }
    if (plot != null) {
      Places.newFile("--plot", plot);
      picture(plot);
      Places.requireKind("--plot", plot, "a picture", "\u0089PNG", "<?xml", "<svg");
    }
  }

  /** Those that were asked for. They open nothing before training begins. */
  List<TrainingListener> listeners() {
    List<TrainingListener> listeners = new ArrayList<>();
    if (metrics != null) {
      listeners.add(isTable(metrics) ? new CsvListener(metrics) : new JsonLinesListener(metrics));
    }
    if (tensorBoard != null) {
      listeners.add(new TensorBoardListener(tensorBoard));
    }
    if (plot != null) {
      listeners.add(picture(plot));
    }
    return listeners;
  }

  /** Where they have written what. */
  Map<String, String> written() {
    Map<String, String> written = new LinkedHashMap<>();
    put(written, "metrics", metrics);
    put(written, "tensorboard", tensorBoard);
    put(written, "plot", plot);
    return written;
  }

  private static void put(Map<String, String> written, String what, @Nullable Path place) {
    if (place != null && Files.exists(place)) {
      written.put(what, place.toString());
    }
  }

  private static boolean isTable(Path file) {
    return file.toString().toLowerCase(Locale.ROOT).endsWith(".csv");
  }

  private static CurvesListener picture(Path file) {
    try {
      return new CurvesListener(file);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("--plot " + file + ": " + e.getMessage(), e);
    }
  }
}
