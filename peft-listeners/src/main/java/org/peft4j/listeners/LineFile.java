package org.peft4j.listeners;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A text file that grows by whole lines, each handed to the operating system at once: a crash costs
 * no more than the line that is being written. Failures name the file.
 */
final class LineFile implements AutoCloseable {

  private final Path file;
  private @Nullable RandomAccessFile end;

  LineFile(Path file) {
    this.file = Objects.requireNonNull(file, "file");
  }

  /** Its complete lines; none where there is no file. What a crash left of a last one is not. */
  List<String> lines() {
    if (!Files.exists(file)) {
      return List.of();
    }
    try {
      String text = Files.readString(file);
      return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
    } catch (IOException e) {
      throw WholeFile.failure(file, e);
    }
  }

  /** Holds these lines from now on, and those that are added. */
  void restart(List<String> lines) {
    close();
    String text = lines.isEmpty() ? "" : String.join("\n", lines) + "\n";
    WholeFile.replace(file, text.getBytes(StandardCharsets.UTF_8));
    try {
      // Unlike a channel it does not mind that the thread is interrupted.
      end = new RandomAccessFile(file.toFile(), "rw");
      end.seek(end.length());
    } catch (IOException e) {
      throw WholeFile.failure(file, e);
    }
  }

  boolean isOpen() {
    return end != null;
  }

  void add(String line) {
    if (end == null) {
      throw new IllegalStateException(file + " is not open");
    }
    WholeFile.append(file, end, (line + "\n").getBytes(StandardCharsets.UTF_8));
  }

  /** What a line that cannot be read is worth: the file is another's. */
  UncheckedIOException unreadable(int line, String why) {
    return WholeFile.failure(
        file, new IOException("line " + line + " is not one of this listener's: " + why));
  }

  @Override
  public void close() {
    if (end != null) {
      try {
        end.close();
      } catch (IOException e) {
        throw WholeFile.failure(file, e);
      } finally {
        end = null;
      }
    }
  }
}
