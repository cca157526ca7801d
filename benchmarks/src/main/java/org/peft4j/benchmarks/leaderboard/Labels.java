package org.peft4j.benchmarks.leaderboard;

import java.awt.geom.Point2D;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.List;

/**
 * Where to write the names of points so that none lies on another, or on a point.
 *
 * @param centers of the texts, in the order of the points, in pixels from the points
 */
record Labels(List<Point2D> centers) {

  private static final double LETTER = 7.5;
  private static final double HEIGHT = 15;
  private static final double MARKER = 10;
  private static final double NEAREST = 13;
  private static final int RINGS = 8;
  private static final int DIRECTIONS = 16;

  /**
   * Places each name as near to its point as there is room: above it first, then all around, then
   * farther away.
   *
   * @param points in pixels
   * @param names one for each point
   */
  static Labels of(List<Point2D> points, List<String> names) {
    List<Rectangle2D> taken = new ArrayList<>();
    points.forEach(point -> taken.add(around(point.getX(), point.getY(), MARKER, MARKER)));
    List<Point2D> centers = new ArrayList<>();
    for (int i = 0; i < points.size(); i++) {
      Rectangle2D place = place(points.get(i), LETTER * names.get(i).length(), taken);
      taken.add(place);
      centers.add(
          new Point2D.Double(
              place.getCenterX() - points.get(i).getX(),
              place.getCenterY() - points.get(i).getY()));
    }
    return new Labels(centers);
  }

  private static Rectangle2D place(Point2D point, double width, List<Rectangle2D> taken) {
    for (int ring = 0; ring < RINGS; ring++) {
      for (int i = 0; i < DIRECTIONS; i++) {
        // 0, 1, -1, 2, -2 ... from the top.
        double angle = Math.PI * 2 / DIRECTIONS * ((i + 1) / 2) * (i % 2 == 0 ? 1 : -1);
        double distance = NEAREST + ring * HEIGHT / 2;
        double x = point.getX() + Math.sin(angle) * (distance + width / 2);
        double y = point.getY() - Math.cos(angle) * distance;
        Rectangle2D place = around(x, y, width, HEIGHT);
        if (taken.stream().noneMatch(place::intersects)) {
          return place;
        }
      }
    }
    // So many on one spot cannot all be told apart.
    return around(point.getX(), point.getY() - NEAREST, width, HEIGHT);
  }

  private static Rectangle2D around(double x, double y, double width, double height) {
    return new Rectangle2D.Double(x - width / 2, y - height / 2, width, height);
  }
}
