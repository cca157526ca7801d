package org.peft4j.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.UUID;

/**
 * Files that are either written completely or not at all: a crash or an error half-way leaves what
 * was there before.
 */
public final class AtomicFiles {

  private AtomicFiles() {}

  /** Writes what a file is to hold. */
  @FunctionalInterface
  public interface Content {
    void writeTo(FileChannel channel) throws IOException;
  }

  /**
   * Puts {@code content} into {@code file}, replacing what is there. When this returns the data has
   * reached the disk.
   *
   * @throws NoSuchFileException if the folder does not exist
   * @throws IOException if writing fails, naming {@code file}, which is then as it was
   */
  public static void write(Path file, Content content) throws IOException {
    Objects.requireNonNull(content);
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new NoSuchFileException(file.toString(), null, "its folder does not exist");
    }
    // Not Files.createTempFile, which makes files that nobody else may read.
    Path temporary = folder.resolve("." + file.getFileName() + "." + UUID.randomUUID() + ".tmp");
    try {
      writeAndForce(temporary, content);
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (ClosedChannelException e) {
      deleteAfter(e, temporary);
      throw e;
    } catch (IOException e) {
      deleteAfter(e, temporary);
      throw new IOException(file + " cannot be written: " + reason(e), e);
    } catch (Throwable e) {
      deleteAfter(e, temporary);
      throw e;
    }
    forceFolder(folder);
  }

  /** Not of the temporary file, which says nothing to anybody. */
  private static String reason(IOException e) {
    if (e instanceof FileSystemException known && known.getReason() != null) {
      return known.getReason();
    }
    return e instanceof FileSystemException || e.getMessage() == null
        ? e.getClass().getSimpleName()
        : e.getMessage();
  }

  /** Puts {@code bytes} into {@code file}, like {@link #write(Path, Content)}. */
  public static void write(Path file, byte[] bytes) throws IOException {
    write(file, channel -> writeFully(channel, ByteBuffer.wrap(bytes)));
  }

  /** A channel may take less than it is given. */
  static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private static void writeAndForce(Path temporary, Content content) throws IOException {
    try (FileChannel channel =
        FileChannel.open(temporary, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
      content.writeTo(channel);
      channel.force(true);
    }
  }

  private static void deleteAfter(Throwable cause, Path temporary) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  /**
   * Makes names in {@code folder} last. Not every system can open a folder; there the rename must
   * do. An interruption must not make this undone.
   */
  static void forceFolder(Path folder) {
    boolean interrupted = false;
    boolean again = true;
    while (again) {
      again = false;
      try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
        channel.force(true);
      } catch (ClosedByInterruptException e) {
        interrupted = true;
        again = Thread.interrupted();
      } catch (IOException ignored) {
        break;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
