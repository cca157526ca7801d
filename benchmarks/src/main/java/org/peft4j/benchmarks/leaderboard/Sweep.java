package org.peft4j.benchmarks.leaderboard;

import java.util.Comparator;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a method learned and forgot at every learning rate that was tried.
 *
 * @param name of the method
 * @param points slowest rate first
 */
record Sweep(String name, List<Point> points) {

  private static final Pattern ROW = Pattern.compile("(?m)^\\| ([^|]+) \\| (\\d.*?: .+) \\|$");
  private static final Pattern POINT = Pattern.compile("([\\d.e+-]+): ([\\d.]+), ([\\d.]+)");

  /** A loss so far above that of the best rate is of a training that broke down. */
  private static final double BROKEN = 0.5;

  /**
   * One learning rate.
   *
   * @param rate the learning rate
   * @param learned loss on held-out text of the task
   * @param forgotten loss on stories
   */
  record Point(double rate, double learned, double forgotten) {}

  static Sweep of(Standing standing) {
    return new Sweep(
        standing.name(),
        standing.sweep().stream()
            .map(run -> new Point(run.rate(), run.loss(), run.forgotten()))
            .toList());
  }

  /** Those that a page has in its table of learning rates, as {@link Table} writes it. */
  static List<Sweep> in(String page) {
    return ROW.matcher(page)
        .results()
        .map(row -> new Sweep(row.group(1), points(POINT.matcher(row.group(2)))))
        .filter(sweep -> !sweep.points().isEmpty())
        .toList();
  }

  private static List<Point> points(Matcher numbers) {
    return numbers
        .results()
        .map(found -> new Point(number(found, 1), number(found, 2), number(found, 3)))
        .toList();
  }

  private static double number(MatchResult found, int group) {
    return Double.parseDouble(found.group(group));
  }

  /** The rate that learned most. */
  Point best() {
    return points.stream().min(Comparator.comparingDouble(Point::learned)).orElseThrow();
  }

  /** Without rates at which training broke down. */
  List<Point> sound() {
    double most = best().learned() + BROKEN;
    return points.stream().filter(point -> point.learned() <= most).toList();
  }
}
