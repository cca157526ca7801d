package org.peft4j.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A process that ends at one of its file operations, which it does by half at the most, and all of
 * whose later ones come to nothing. It works on the real files below {@link #path}.
 *
 * <p>Where it is the power that fails, what was not forced to the disk is lost, too: the content of
 * files and names they were given.
 */
public final class StoppedFiles {

  /** Where the process ends. */
  public static final class Stop extends Error {

    private static final long serialVersionUID = 1L;

    Stop(String operation) {
      super("stopped at " + operation);
    }
  }

  private record Rename(Path from, Path to, Optional<byte[]> replaced) {}

  private final int last;
  private final boolean power;
  private final Set<Path> unforced = new LinkedHashSet<>();
  private final Deque<Rename> renames = new ArrayDeque<>();
  private final List<String> done = new ArrayList<>();
  private final List<String> opened = new ArrayList<>();
  private final StoppedFileSystem files = new StoppedFileSystem(this);
  private boolean stopped;

  /**
   * @param last the number of the operation at which it ends, from 1
   * @param power whether it is the power that fails
   */
  public StoppedFiles(int last, boolean power) {
    this.last = last;
    this.power = power;
  }

  /** A real path as the process sees it. */
  public Path path(Path real) {
    return files.wrap(real);
  }

  /** Whether it got as far as that operation. */
  public boolean isStopped() {
    return stopped;
  }

  /** What it did, in order. */
  public List<String> done() {
    return done;
  }

  /** The names of the files that it opened to read, in order. */
  public List<String> opened() {
    return opened;
  }

  /** Counts an operation; true where it is the last, to be done by half. */
  boolean isLast(String operation) {
    if (stopped) {
      throw new Stop(operation);
    }
    done.add(operation);
    return done.size() == last;
  }

  /** Ends the process if this is the last operation. */
  void count(String operation) {
    if (isLast(operation)) {
      stop(operation);
    }
  }

  Stop stop(String operation) {
    end();
    throw new Stop(operation);
  }

  /** The process ends, or the power fails, now. */
  public void end() {
    stopped = true;
    if (power) {
      try {
        lose();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private void lose() throws IOException {
    for (Path file : unforced) {
      if (Files.exists(file)) {
        Files.write(file, new byte[0]);
      }
    }
    while (!renames.isEmpty()) {
      Rename rename = renames.pop();
      if (Files.exists(rename.to())) {
        Files.move(rename.to(), rename.from());
        if (rename.replaced().isPresent()) {
          Files.write(rename.to(), rename.replaced().get());
        }
      }
    }
  }

  void opened(Path file) {
    opened.add(file.getFileName().toString());
  }

  void written(Path file) {
    unforced.add(file);
  }

  void forced(Path place) {
    unforced.remove(place);
    renames.removeIf(rename -> rename.to().getParent().equals(place));
  }

  void moved(Path from, Path to, Optional<byte[]> replaced) {
    renames.push(new Rename(from, to, replaced));
    for (Path file : List.copyOf(unforced)) {
      if (file.startsWith(from)) {
        unforced.remove(file);
        unforced.add(file.equals(from) ? to : to.resolve(from.relativize(file)));
      }
    }
  }
}
