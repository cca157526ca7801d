package org.peft4j.transformers.hub;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * A file of a model.
 *
 * @param path in the model's folder, with {@code /}
 * @param size in bytes
 * @param checksum of what is in it, in hexadecimal digits: SHA-256 of large files, which are kept
 *     apart from the repository; what Git calls them by, a SHA-1 with a header, of the others
 */
public record HubFile(String path, long size, String checksum) {

  private static final int DIGITS_OF_SHA256 = 64;

  /** A digest that comes to {@link #checksum} when it has seen the file. */
  MessageDigest digest() {
    try {
      if (checksum.length() == DIGITS_OF_SHA256) {
        return MessageDigest.getInstance("SHA-256");
      }
      MessageDigest git = MessageDigest.getInstance("SHA-1");
      git.update(("blob " + size + "\0").getBytes(StandardCharsets.US_ASCII));
      return git;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-1 and SHA-256", e);
    }
  }
}
