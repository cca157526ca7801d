package org.peft4j.listeners;

import java.time.Duration;
import me.tongfei.progressbar.ProgressBarRenderer;
import me.tongfei.progressbar.ProgressState;

/**
 * One line with a bar that always has room: of what is told beside it, the last things go first
 * where the line is short.
 */
final class BarText implements ProgressBarRenderer {

  private static final int LEAST = 20;
  private static final int MOST = 60;

  @Override
  public String render(ProgressState state, int length) {
    return line(
        state.getCurrent(),
        state.getMax(),
        left(state),
        String.valueOf(state.getExtraMessage()).strip(),
        length);
  }

  /**
   * A line such as {@code 45 % [=====> ] 54/120, 0:15 left, loss 0.4136}.
   *
   * @param left the time that is left, or nothing
   * @param told of what happened last, with commas between
   * @param length of the line at most
   */
  static String line(long done, long all, String left, String told, int length) {
    double share = all <= 0 ? 0 : Math.min(1, (double) done / all);
    String begin = StepText.format("%3.0f %% ", Math.floor(100 * share));
    StringBuilder end = new StringBuilder(" " + done + "/" + all);
    String more = (left.isEmpty() ? "" : ", " + left) + (told.isEmpty() ? "" : ", " + told);
    for (String part : more.split(", ")) {
      if (!part.isEmpty()) {
        if (begin.length() + LEAST + end.length() + part.length() + 2 > length) {
          break;
        }
        end.append(", ").append(part);
      }
    }
    int width = Math.max(0, Math.min(MOST, length - begin.length() - end.length()));
    return begin + bar(share, width) + end;
  }

  private static String bar(double share, int width) {
    if (width < 3) {
      return "";
    }
    int room = width - 2;
    int full = (int) Math.floor(share * room);
    String head = full < room ? ">" : "";
    return "[" + "=".repeat(full) + head + " ".repeat(room - full - head.length()) + "]";
  }

  private static String left(ProgressState state) {
    long done = state.getCurrent() - state.getStart();
    long missing = state.getMax() - state.getCurrent();
    if (done <= 0 || missing <= 0) {
      return "";
    }
    Duration elapsed = state.getElapsedAfterStart();
    return StepText.time(Math.round(elapsed.toMillis() / 1e3 / done * missing)) + " left";
  }
}
