package org.peft4j.testkit;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.WatchService;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.nio.file.spi.FileSystemProvider;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Set;

/** The usual files, reached through {@link StoppedFiles}. */
final class StoppedFileSystem extends FileSystem {

  private static final FileSystem REAL = FileSystems.getDefault();

  private final StoppedProvider provider;

  StoppedFileSystem(StoppedFiles files) {
    this.provider = new StoppedProvider(this, files);
  }

  /** Paths differ in the file system that they lead to and in nothing else. */
  Path wrap(Path real) {
    return (Path)
        Proxy.newProxyInstance(
            StoppedFileSystem.class.getClassLoader(),
            new Class<?>[] {Path.class, Wrapped.class},
            (proxy, method, arguments) -> answer(real, method, arguments));
  }

  /** Tells what is behind a path. */
  interface Wrapped {
    Path real();
  }

  static Path real(Path path) {
    return path instanceof Wrapped wrapped ? wrapped.real() : path;
  }

  private Object answer(Path real, Method method, Object[] arguments) throws Throwable {
    if (method.getName().equals("real")) {
      return real;
    }
    if (method.getName().equals("getFileSystem")) {
      return this;
    }
    Object[] given =
        arguments == null
            ? new Object[0]
            : Arrays.stream(arguments).map(a -> a instanceof Path p ? real(p) : a).toArray();
    try {
      return wrapped(method.invoke(real, given));
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private Object wrapped(Object result) {
    if (result instanceof Path path) {
      return wrap(path);
    }
    if (result instanceof Iterator<?> parts) {
      List<Object> all = new ArrayList<>();
      parts.forEachRemaining(part -> all.add(wrapped(part)));
      return all.iterator();
    }
    return result;
  }

  @Override
  public FileSystemProvider provider() {
    return provider;
  }

  @Override
  public void close() {}

  @Override
  public boolean isOpen() {
    return true;
  }

  @Override
  public boolean isReadOnly() {
    return false;
  }

  @Override
  public String getSeparator() {
    return REAL.getSeparator();
  }

  @Override
  public Iterable<Path> getRootDirectories() {
    return REAL.getRootDirectories();
  }

  @Override
  public Iterable<FileStore> getFileStores() {
    return REAL.getFileStores();
  }

  @Override
  public Set<String> supportedFileAttributeViews() {
    return REAL.supportedFileAttributeViews();
  }

  @Override
  public Path getPath(String first, String... more) {
    return wrap(REAL.getPath(first, more));
  }

  @Override
  public PathMatcher getPathMatcher(String pattern) {
    return REAL.getPathMatcher(pattern);
  }

  @Override
  public UserPrincipalLookupService getUserPrincipalLookupService() {
    return REAL.getUserPrincipalLookupService();
  }

  @Override
  public WatchService newWatchService() {
    throw new UnsupportedOperationException();
  }
}
