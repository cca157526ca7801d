package org.peft4j.transformers.hub;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;

/**
 * A folder of one model's own.
 *
 * @param folder may hold other files
 */
record FolderStore(Path folder) implements Store {

  @Override
  public Path lock() {
    return unfinished().resolve("lock");
  }

  @Override
  public Path unfinished() {
    return folder.resolve(".peft4j-download");
  }

  @Override
  public Path half(HubFile file) {
    return unfinished().resolve(file.checksum());
  }

  @Override
  public boolean has(HubFile file) throws IOException {
    Path there = folder.resolve(file.path());
    if (!Files.exists(there)) {
      return false;
    }
    if (!Files.isRegularFile(there)
        || Files.size(there) != file.size()
        || !checksum(there, file.digest()).equals(file.checksum())) {
      throw new HubException(
          there + " is there already and is another file; name another folder, or move it away");
    }
    return true;
  }

  private static String checksum(Path file, MessageDigest digest) throws IOException {
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
      in.transferTo(java.io.OutputStream.nullOutputStream());
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  @Override
  public void put(HubFile file) throws IOException {
    Path place = folder.resolve(file.path());
    Files.createDirectories(place.getParent());
    Files.move(half(file), place, StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public Path finish(String commit, List<HubFile> files) {
    return folder;
  }
}
