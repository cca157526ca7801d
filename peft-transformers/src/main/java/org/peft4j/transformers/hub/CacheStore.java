package org.peft4j.transformers.hub;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.peft4j.io.AtomicFiles;

/**
 * The cache: files under their checksums, and links to them.
 *
 * @param cache that many programs share
 * @param model that is downloaded
 */
record CacheStore(HubCache cache, HubModel model) implements Store {

  @Override
  public Path lock() {
    return cache
        .root()
        .resolve(".locks")
        .resolve(cache.folder(model).getFileName())
        .resolve("peft4j.lock");
  }

  @Override
  public Path unfinished() {
    return cache.blobs(model);
  }

  @Override
  public Path half(HubFile file) {
    return cache.blobs(model).resolve(file.checksum() + ".peft4j.incomplete");
  }

  private Path blob(HubFile file) {
    return cache.blobs(model).resolve(file.checksum());
  }

  @Override
  public boolean has(HubFile file) throws IOException {
    Path blob = blob(file);
    return Files.isRegularFile(blob) && Files.size(blob) == file.size();
  }

  @Override
  public void put(HubFile file) throws IOException {
    Files.move(half(file), blob(file), StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public Path finish(String commit, List<HubFile> files) throws IOException {
    Path snapshot = cache.snapshot(model, commit);
    for (HubFile file : files) {
      link(snapshot.resolve(file.path()), blob(file));
    }
    if (!model.revision().equals(commit)) {
      Path reference = cache.reference(model);
      Files.createDirectories(reference.getParent());
      AtomicFiles.write(reference, channel -> write(channel, commit));
    }
    return snapshot;
  }

  private static void write(FileChannel channel, String text) throws IOException {
    channel.write(StandardCharsets.US_ASCII.encode(text));
  }

  private static void link(Path name, Path blob) throws IOException {
    if (Files.exists(name) && Files.isSameFile(name, blob)) {
      return;
    }
    Path folder = Objects.requireNonNull(name.getParent());
    Files.createDirectories(folder);
    Path made = name.resolveSibling("." + UUID.randomUUID() + ".tmp");
    try {
      Files.createSymbolicLink(made, folder.relativize(blob));
    } catch (IOException | UnsupportedOperationException e) {
      // Where links need a permission, as on Windows.
      Files.copy(blob, made);
    }
    Files.move(made, name, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
