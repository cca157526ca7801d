package org.peft4j.benchmarks.leaderboard;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * The standings as pictures: what is learned against what is forgotten, and how fast. More than a
 * few curves cannot be told apart, so the others are grey.
 */
final class Pictures {

  /** Those that stand for many, or lie apart. */
  private static final List<String> SHOWN = List.of("lora", "full", "hft", "vera", "svfit");

  private static final String OTHERS = "the others";

  private Pictures() {}

  /** The files that are drawn in a folder. */
  static List<Path> in(Path folder) {
    return List.of(folder.resolve("leaderboard.png"), folder.resolve("curves.png"));
  }

  static void draw(List<Sweep> sweeps, List<Standing> standings, Path folder) throws IOException {
    tradeOff(sweeps).save(in(folder).get(0));
    curves(standings).save(in(folder).get(1));
  }

  static Paper tradeOff(List<Sweep> sweeps) {
    Paper paper =
        new Paper(
            "Learned and forgotten (learning rates grow upwards; lower left is better)",
            "loss on held-out text of the task (nats per token)",
            "loss on stories, known before (nats per token)");
    List<Sweep> shown = shown(sweeps, Sweep::name);
    List<Sweep.Point> others = without(shown, sweeps).stream().map(Sweep::best).toList();
    if (!others.isEmpty()) {
      paper.points(OTHERS + ", at their best rates", learned(others), forgotten(others));
    }
    for (int i = 0; i < shown.size(); i++) {
      List<Sweep.Point> points = shown.get(i).sound();
      paper.curve(i, shown.get(i).name(), learned(points), forgotten(points));
    }
    return paper;
  }

  private static List<Double> learned(List<Sweep.Point> points) {
    return points.stream().map(Sweep.Point::learned).toList();
  }

  private static List<Double> forgotten(List<Sweep.Point> points) {
    return points.stream().map(Sweep.Point::forgotten).toList();
  }

  static Paper curves(List<Standing> standings) {
    Paper paper =
        new Paper(
            "Learning curves, each method at its best learning rate (trained numbers)",
            "optimizer step",
            "loss on held-out text of the task (nats per token)");
    List<Standing> shown = shown(standings, Standing::name);
    List<Standing> others = without(shown, standings);
    for (int i = 0; i < others.size(); i++) {
      Run run = others.get(i).runs().get(0);
      paper.faint(i == 0 ? OTHERS : others.get(i).name(), i == 0, run.steps(), run.losses());
    }
    for (int i = 0; i < shown.size(); i++) {
      Run run = shown.get(i).runs().get(0);
      paper.curve(i, label(shown.get(i)), run.steps(), run.losses());
    }
    return paper;
  }

  private static String label(Standing standing) {
    return String.format(Locale.ROOT, "%s (%,d)", standing.name(), standing.trainable());
  }

  /** Those of {@link #SHOWN}, or the first few where there are none of them. */
  private static <T> List<T> shown(List<T> all, Function<T, String> name) {
    List<T> known =
        SHOWN.stream()
            .flatMap(wanted -> all.stream().filter(one -> name.apply(one).equals(wanted)))
            .toList();
    return known.isEmpty() ? all.subList(0, Math.min(Paper.CURVES, all.size())) : known;
  }

  private static <T> List<T> without(List<T> shown, List<T> all) {
    return all.stream().filter(one -> !shown.contains(one)).toList();
  }
}
