package org.peft4j.transformers.jinja;

import java.util.Arrays;

/** A template's text with its line ends made one kind, as Jinja2 does before all else. */
final class Source {

  private final String text;
  private final int[] lines;

  Source(String written) {
    String unix = written.replace("\r\n", "\n").replace('\r', '\n');
    this.text = unix.endsWith("\n") ? unix.substring(0, unix.length() - 1) : unix;
    this.lines = lines(text);
  }

  private static int[] lines(String text) {
    int[] starts = new int[16];
    int count = 1;
    for (int end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) {
      if (count == starts.length) {
        starts = Arrays.copyOf(starts, 2 * count);
      }
      starts[count++] = end + 1;
    }
    return Arrays.copyOf(starts, count);
  }

  String text() {
    return text;
  }

  Place place(int offset) {
    int found = Arrays.binarySearch(lines, offset);
    int line = found >= 0 ? found : -found - 2;
    return new Place(line + 1, offset - lines[line] + 1);
  }
}
