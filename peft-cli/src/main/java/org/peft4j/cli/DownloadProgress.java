package org.peft4j.cli;

import java.io.PrintWriter;
import java.util.Locale;
import org.peft4j.transformers.hub.HubFile;
import org.peft4j.transformers.hub.HubListener;

/** Shows on standard error how far a download is: one line that changes, or a line now and then. */
final class DownloadProgress implements HubListener, AutoCloseable {

  private static final long PAUSE_ON_TERMINALS = 200_000_000L;
  private static final long PAUSE = 10_000_000_000L;
  private static final int LONGEST_NAME = 30;

  private final PrintWriter out;
  private final boolean terminal;
  private final long start = System.nanoTime();
  private long told = System.nanoTime();
  private long total;
  private boolean open;

  DownloadProgress(Output output) {
    this.out = output.progress();
    this.terminal = Progress.isForPeople(output);
  }

  @Override
  public void onStart(int files, long bytes) {
    total = bytes;
    say(
        bytes == 0
            ? "all %d files are there already".formatted(files)
            : "%d files, %s to come".formatted(files, size(bytes)));
  }

  @Override
  public void onBytes(HubFile file, long bytes) {
    long now = System.nanoTime();
    if (now - told < (terminal ? PAUSE_ON_TERMINALS : PAUSE)) {
      return;
    }
    told = now;
    double seconds = Math.max(1e-3, (now - start) / 1e9);
    String line =
        String.format(
            Locale.ROOT,
            "%3.0f %%, %s of %s, %s/s, %s",
            Math.min(100.0, 100.0 * bytes / Math.max(1, total)),
            size(bytes),
            size(total),
            size(Math.round(bytes / seconds)),
            shortened(file.path()));
    if (terminal) {
      // To the beginning of the line, and delete what follows.
      out.print("\r" + line + "\u001b[K");
      out.flush();
      open = true;
    } else {
      say(line);
    }
  }

  private static String shortened(String name) {
    return name.length() <= LONGEST_NAME
        ? name
        : "..." + name.substring(name.length() - LONGEST_NAME + 3);
  }

  @Override
  public void onFile(HubFile file) {
    if (total > 0) {
      say("%s, %s".formatted(file.path(), size(file.size())));
    }
  }

  @Override
  public void onWait(String why) {
    say(why);
  }

  private void say(String line) {
    close();
    out.println(line);
    out.flush();
  }

  static String size(long bytes) {
    String[] units = {"kB", "MB", "GB", "TB"};
    double size = bytes / 1e3;
    int unit = 0;
    while (size >= 999.95 && unit < units.length - 1) {
      size /= 1e3;
      unit++;
    }
    return String.format(Locale.ROOT, "%.1f %s", size, units[unit]);
  }

  /** What is written next has a line of its own. */
  @Override
  public void close() {
    if (open) {
      open = false;
      out.print("\r\u001b[K");
      out.flush();
    }
  }
}
