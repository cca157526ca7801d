package org.peft4j.benchmarks.leaderboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.geom.Point2D;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LabelsTest {

  @Test
  void aLonePointHasItsNameAboveIt() {
    Point2D center =
        Labels.of(List.of(new Point2D.Double(50, 50)), List.of("lora")).centers().get(0);

    assertThat(center.getX()).isZero();
    assertThat(center.getY()).isNegative();
  }

  @Test
  void namesLieOnNoOtherNameAndOnNoPoint() {
    Random random = new Random(3);
    List<Point2D> points = new ArrayList<>();
    List<String> names = new ArrayList<>();
    for (int i = 0; i < 18; i++) {
      points.add(new Point2D.Double(random.nextDouble(250), random.nextDouble(150)));
      names.add("corda-kpm".substring(i % 6));
    }

    List<Point2D> centers = Labels.of(points, names).centers();

    List<Rectangle2D> taken = new ArrayList<>();
    points.forEach(
        point -> taken.add(new Rectangle2D.Double(point.getX() - 4, point.getY() - 4, 8, 8)));
    for (int i = 0; i < points.size(); i++) {
      double width = 7 * names.get(i).length();
      double x = points.get(i).getX() + centers.get(i).getX();
      double y = points.get(i).getY() + centers.get(i).getY();
      Rectangle2D text = new Rectangle2D.Double(x - width / 2, y - 7, width, 14);
      assertThat(taken).as(names.get(i)).noneMatch(text::intersects);
      taken.add(text);
    }
  }
}
