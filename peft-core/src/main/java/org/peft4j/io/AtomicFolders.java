package org.peft4j.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Folders that are either there with everything in them or not at all. */
public final class AtomicFolders {

  private static final String PREFIX = ".unfinished-";

  private AtomicFolders() {}

  /** Writes what a folder is to hold. */
  @FunctionalInterface
  public interface Content {
    void writeTo(Path folder) throws IOException;
  }

  /**
   * Makes {@code folder}, which must not be there, with {@code content} in it. When this returns
   * everything has reached the disk: first the files, then their names, then the folder's.
   *
   * @throws IOException if anything fails; there is no such folder then
   */
  public static void write(Path folder, Content content) throws IOException {
    Path parent = folder.toAbsolutePath().getParent();
    if (parent == null) {
      throw new IllegalArgumentException(folder + " lies in no folder");
    }
    Path unfinished = parent.resolve(PREFIX + folder.getFileName() + "-" + UUID.randomUUID());
    try {
      Files.createDirectory(unfinished);
      content.writeTo(unfinished);
      Files.walkFileTree(unfinished, new Force());
      Files.move(unfinished, folder, StandardCopyOption.ATOMIC_MOVE);
    } catch (Throwable e) {
      deleteAfter(e, unfinished);
      throw e;
    }
    AtomicFiles.forceFolder(parent);
  }

  /** Makes {@code folder} and those it lies in, as far as they are not there, to stay. */
  public static void create(Path folder) throws IOException {
    Path missing = folder.toAbsolutePath().normalize();
    if (Files.isDirectory(missing)) {
      return;
    }
    Path parent = missing.getParent();
    if (parent != null) {
      create(parent);
      Files.createDirectories(missing);
      AtomicFiles.forceFolder(parent);
    }
  }

  /** Deletes what {@link #write} has begun in {@code parent} and a crash has kept unfinished. */
  public static void deleteUnfinished(Path parent) throws IOException {
    try (Stream<Path> entries = Files.list(parent)) {
      for (Path entry : entries.toList()) {
        if (String.valueOf(entry.getFileName()).startsWith(PREFIX)) {
          delete(entry);
        }
      }
    }
  }

  /**
   * Deletes a folder with everything in it. It loses its name first, so that a crash half-way
   * leaves nothing that looks whole.
   */
  public static void delete(Path folder) throws IOException {
    String name = String.valueOf(folder.getFileName());
    Path doomed = folder;
    if (!name.startsWith(PREFIX)) {
      doomed = folder.resolveSibling(PREFIX + name + "-" + UUID.randomUUID());
      Files.move(folder, doomed, StandardCopyOption.ATOMIC_MOVE);
    }
    Files.walkFileTree(doomed, new Deletion());
  }

  private static void deleteAfter(Throwable cause, Path folder) {
    try {
      if (Files.exists(folder)) {
        delete(folder);
      }
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  private static final class Force extends SimpleFileVisitor<Path> {

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      // Not every system forces what was opened for reading.
      StandardOpenOption how =
          Files.isWritable(file) ? StandardOpenOption.WRITE : StandardOpenOption.READ;
      try (FileChannel channel = FileChannel.open(file, how)) {
        channel.force(true);
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException failure)
        throws IOException {
      if (failure != null) {
        throw failure;
      }
      AtomicFiles.forceFolder(folder);
      return FileVisitResult.CONTINUE;
    }
  }

  private static final class Deletion extends SimpleFileVisitor<Path> {

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      Files.delete(file);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException failure)
        throws IOException {
      if (failure != null) {
        throw failure;
      }
      Files.delete(folder);
      return FileVisitResult.CONTINUE;
    }
  }
}
