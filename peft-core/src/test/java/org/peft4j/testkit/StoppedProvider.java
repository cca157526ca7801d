package org.peft4j.testkit;

import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.spi.FileSystemProvider;
import java.util.Collections;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.StreamSupport;

/** Counts what changes files before it does it. */
final class StoppedProvider extends FileSystemProvider {

  private static final Set<OpenOption> CREATING =
      Set.of(
          StandardOpenOption.CREATE,
          StandardOpenOption.CREATE_NEW,
          StandardOpenOption.TRUNCATE_EXISTING);

  private final StoppedFileSystem system;
  private final StoppedFiles files;

  StoppedProvider(StoppedFileSystem system, StoppedFiles files) {
    this.system = system;
    this.files = files;
  }

  private static Path real(Path path) {
    return StoppedFileSystem.real(path);
  }

  private static FileSystemProvider of(Path real) {
    return real.getFileSystem().provider();
  }

  @Override
  public FileChannel newFileChannel(
      Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    Path real = real(path);
    if (!Collections.disjoint(options, CREATING)) {
      files.count("create " + real.getFileName());
      files.written(real);
    } else if (Files.isRegularFile(real)) {
      files.opened(real);
    }
    return new StoppedChannel(FileChannel.open(real, options, attributes), real, files);
  }

  @Override
  public SeekableByteChannel newByteChannel(
      Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    return newFileChannel(path, options, attributes);
  }

  @Override
  public DirectoryStream<Path> newDirectoryStream(
      Path folder, DirectoryStream.Filter<? super Path> filter) throws IOException {
    DirectoryStream<Path> entries = Files.newDirectoryStream(real(folder));
    return new DirectoryStream<>() {
      @Override
      public Iterator<Path> iterator() {
        return StreamSupport.stream(entries.spliterator(), false).map(system::wrap).iterator();
      }

      @Override
      public void close() throws IOException {
        entries.close();
      }
    };
  }

  @Override
  public void createDirectory(Path folder, FileAttribute<?>... attributes) throws IOException {
    if (!Files.exists(real(folder))) {
      files.count("make " + folder.getFileName());
    }
    of(real(folder)).createDirectory(real(folder), attributes);
  }

  @Override
  public void delete(Path path) throws IOException {
    if (Files.exists(real(path))) {
      files.count("delete " + path.getFileName());
    }
    Files.delete(real(path));
  }

  @Override
  public void move(Path from, Path to, CopyOption... options) throws IOException {
    files.count("rename to " + to.getFileName());
    Optional<byte[]> replaced =
        Files.isRegularFile(real(to))
            ? Optional.of(Files.readAllBytes(real(to)))
            : Optional.empty();
    Files.move(real(from), real(to), options);
    files.moved(real(from), real(to), replaced);
  }

  @Override
  public void copy(Path from, Path to, CopyOption... options) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void setAttribute(Path path, String name, Object value, LinkOption... options) {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean isSameFile(Path path, Path other) throws IOException {
    return Files.isSameFile(real(path), real(other));
  }

  @Override
  public boolean isHidden(Path path) throws IOException {
    return Files.isHidden(real(path));
  }

  @Override
  public FileStore getFileStore(Path path) throws IOException {
    return Files.getFileStore(real(path));
  }

  @Override
  public void checkAccess(Path path, AccessMode... modes) throws IOException {
    of(real(path)).checkAccess(real(path), modes);
  }

  @Override
  public <V extends FileAttributeView> V getFileAttributeView(
      Path path, Class<V> type, LinkOption... options) {
    return Files.getFileAttributeView(real(path), type, options);
  }

  @Override
  public <A extends BasicFileAttributes> A readAttributes(
      Path path, Class<A> type, LinkOption... options) throws IOException {
    return Files.readAttributes(real(path), type, options);
  }

  @Override
  public Map<String, Object> readAttributes(Path path, String names, LinkOption... options)
      throws IOException {
    return Files.readAttributes(real(path), names, options);
  }

  @Override
  public String getScheme() {
    return "stopped";
  }

  @Override
  public FileSystem newFileSystem(URI uri, Map<String, ?> settings) {
    throw new UnsupportedOperationException();
  }

  @Override
  public FileSystem getFileSystem(URI uri) {
    return system;
  }

  @Override
  public Path getPath(URI uri) {
    return system.wrap(Path.of(uri));
  }
}
