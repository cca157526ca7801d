package org.peft4j.transformers.jinja;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Merge sort, stable as Python's. Java's own throws where an order contradicts itself, as that of
 * values with NaN does.
 */
final class Sorting {

  private Sorting() {}

  static <T> void sort(List<T> values, Comparator<? super T> order) {
    if (values.size() < 2) {
      return;
    }
    int half = values.size() / 2;
    List<T> left = new ArrayList<>(values.subList(0, half));
    List<T> right = new ArrayList<>(values.subList(half, values.size()));
    sort(left, order);
    sort(right, order);
    int l = 0;
    for (int i = 0, r = 0; i < values.size(); i++) {
      boolean takesLeft =
          r == right.size() || l < left.size() && order.compare(right.get(r), left.get(l)) >= 0;
      values.set(i, takesLeft ? left.get(l++) : right.get(r++));
    }
  }
}
