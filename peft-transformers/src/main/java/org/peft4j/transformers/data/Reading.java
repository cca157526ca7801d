package org.peft4j.transformers.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.peft4j.transformers.data.BadLineException.Reach;

/** Counts what happens to the rows of one file, so that all of it can be told at once. */
final class Reading {

  private static final int SHOWN = 10;

  /** Reasons may quote what a row says. */
  private static final int LONGEST_REASON = 500;

  private static final int LONGEST_LIST = 1500;

  private final ExampleSettings settings;
  private final List<String> shown = new ArrayList<>();
  private final Set<String> remarks = new LinkedHashSet<>();
  private final Set<String> unread = new LinkedHashSet<>();
  private int letters;
  private int bad;
  private int tooLong;
  private int cut;
  private boolean cutsThis;
  private final boolean wantsAll;

  Reading(ExampleSettings settings) {
    this(settings, false);
  }

  /**
   * Of what nothing may be left out.
   *
   * @param wantsAll whether that is so, and nobody is told how to leave something out
   */
  Reading(ExampleSettings settings, boolean wantsAll) {
    this.settings = settings;
    this.wantsAll = wantsAll;
  }

  /** A text's tokens within the longest length, as the policy has it. */
  int[] cut(int[] ids) throws BadLineException {
    if (ids.length <= settings.maxLength()) {
      return ids;
    }
    String reason =
        "has %d tokens, more than the %d allowed; --max-length takes more, --too-long %s"
            .formatted(ids.length, settings.maxLength(), wantsAll ? "cut cuts" : "cuts or skips");
    return switch (settings.tooLong()) {
      case CUT -> {
        cutsThis = true;
        yield Arrays.copyOf(ids, settings.maxLength());
      }
      case REFUSE -> throw new BadLineException(reason);
      case SKIP -> throw new BadLineException(reason, Reach.LEFT_OUT);
    };
  }

  /** A row begins. */
  void begin() {
    cutsThis = false;
  }

  /** A row was read. */
  void end() {
    if (cutsThis) {
      cut++;
    }
  }

  /** Something to know of the whole file, told once. */
  void remark(String what) {
    remarks.add(what);
  }

  /** A key that nothing reads. */
  void unread(String key) {
    if (unread.size() <= SHOWN) {
      unread.add('"' + key + '"');
    }
  }

  void add(String place, BadLineException e) {
    if (e.reach() == Reach.LEFT_OUT) {
      tooLong++;
    } else {
      bad++;
      show(place + ": " + shortened(e.reason()));
    }
  }

  private void show(String reason) {
    if (bad <= SHOWN && letters + reason.length() <= LONGEST_LIST) {
      letters += reason.length();
      shown.add(reason);
    }
  }

  private static String shortened(String reason) {
    return reason.length() > LONGEST_REASON ? reason.substring(0, LONGEST_REASON) + " ..." : reason;
  }

  /**
   * What was read.
   *
   * @param what the file has, rows or lines
   * @throws ExampleFormatException if rows cannot be used and that is not allowed, or if there is
   *     none
   */
  <T> Rows<T> rows(Path file, List<T> rows, int of, String what, int blank)
      throws ExampleFormatException {
    if (bad > 0 && (settings.badLines() == BadLines.FAIL || rows.isEmpty())) {
      throw refused(file, of, what);
    }
    if (rows.isEmpty()) {
      String why =
          tooLong > 0 ? ": all %d are too long; --max-length takes more".formatted(tooLong) : "";
      throw new ExampleFormatException(file + " holds no examples" + why);
    }
    return new Rows<>(rows, new RowReport(rows.size(), cut, tooLong, bad, blank, remarks()));
  }

  private List<String> remarks() {
    List<String> all = new ArrayList<>(remarks);
    if (!unread.isEmpty()) {
      all.add(
          "keys that are not read: "
              + unread.stream().limit(SHOWN).collect(Collectors.joining(", "))
              + (unread.size() > SHOWN ? " and more" : ""));
    }
    return all;
  }

  private ExampleFormatException refused(Path file, int of, String what) {
    String more = bad > shown.size() ? "\n  and %d more".formatted(bad - shown.size()) : "";
    String remedy =
        settings.badLines() == BadLines.FAIL && of > bad && !wantsAll
            ? "\n  --skip-bad-lines leaves such " + what + " out"
            : "";
    return new ExampleFormatException(
        "%s: %d of %d %s cannot be used:\n  %s%s%s"
            .formatted(file, bad, of, what, String.join("\n  ", shown), more, remedy));
  }
}
