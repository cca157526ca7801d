package org.peft4j;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What a misspelt name may have meant. */
final class CloseNames {

  /** As many letters may be wrong, missing or too many. */
  private static final int FAR = 2;

  private static final int LONGEST = 100;

  private CloseNames() {}

  /** The last names of paths that are spelt almost as {@code name}, the closest first. */
  static List<String> of(String name, Collection<String> paths) {
    Map<String, Integer> distances =
        paths.stream()
            .map(path -> path.substring(path.lastIndexOf('.') + 1))
            .distinct()
            .collect(Collectors.toMap(n -> n, n -> distance(name, n), Math::min, TreeMap::new));
    return distances.entrySet().stream()
        .filter(e -> e.getValue() <= FAR && e.getValue() < e.getKey().length())
        .sorted(Comparator.comparingInt(Map.Entry::getValue))
        .map(Map.Entry::getKey)
        .toList();
  }

  /** The number of letters to insert, to remove or to replace. */
  private static int distance(String a, String b) {
    if (a.length() > LONGEST || b.length() > LONGEST) {
      return Integer.MAX_VALUE;
    }
    int[] row = IntStream.rangeClosed(0, b.length()).toArray();
    for (int i = 1; i <= a.length(); i++) {
      int corner = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = corner + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        corner = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
