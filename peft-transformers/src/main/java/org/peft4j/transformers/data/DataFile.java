package org.peft4j.transformers.data;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.peft4j.io.InputFiles;

/**
 * A file, unpacked and as UTF-8 text, and what it holds by its looks. Its name counts only where
 * looks do not tell.
 *
 * @param text without a byte order mark; of a file that is no text, its bytes
 */
record DataFile(Path path, FileKind kind, InputStream text) implements Closeable {

  private static final int START = 1 << 16;
  private static final int GZIP = 0x1F8B;
  private static final String POINTER = "version https://git-lfs.github.com/spec/";

  /**
   * @throws ExampleFormatException if it is no text, or in an encoding that is not read
   */
  static DataFile open(Path path, boolean plain) throws IOException {
    InputFiles.requirePlain(path);
    InputStream raw = Files.newInputStream(path);
    try {
      return of(path, new Unpacking(path, raw).stream(), plain);
    } catch (IOException | RuntimeException e) {
      raw.close();
      throw e;
    }
  }

  private static DataFile of(Path path, InputStream bytes, boolean plain) throws IOException {
    byte[] start = start(bytes);
    requireNoPointer(path, start);
    Optional<String> binary = BinaryFile.name(start);
    if (binary.filter(BinaryFile.PARQUET::equals).isPresent() && !plain) {
      return new DataFile(path, FileKind.PARQUET, bytes);
    }
    if (binary.isPresent()) {
      throw refused(path, "is " + binary.get() + ", not a text; " + FORMS);
    }
    Encoding encoding = Encoding.of(start);
    Charset charset =
        encoding
            .charset()
            .orElseThrow(() -> refused(path, "is " + encoding.name() + "; save it as UTF-8"));
    requireNoNul(path, encoding, start);
    InputStream text = encoding.utf8(bytes, charset);
    InputStream again = text.markSupported() ? text : new BufferedInputStream(text, START);
    FileKind kind = plain ? FileKind.PLAIN : FileLooks.of(path, start(again));
    if (kind == FileKind.LINES && !encoding.isUtf8()) {
      throw refused(path, "is " + encoding.name() + ", but JSON Lines are UTF-8; save it as UTF-8");
    }
    return new DataFile(path, kind, again);
  }

  private static final String FORMS =
      "rows are read from JSON, JSON Lines, CSV, TSV and Parquet, also packed by gzip";

  private static byte[] start(InputStream bytes) throws IOException {
    bytes.mark(START);
    byte[] start = bytes.readNBytes(START - 1);
    bytes.reset();
    return start;
  }

  /** Where Git LFS did not fetch a file, a few lines about it stand in its place. */
  private static void requireNoPointer(Path path, byte[] start) throws ExampleFormatException {
    if (BinaryFile.begins(start, POINTER.getBytes(StandardCharsets.UTF_8))) {
      throw refused(
          path, "is a Git LFS pointer and not the file itself; run 'git lfs pull' in its folder");
    }
  }

  private static void requireNoNul(Path path, Encoding encoding, byte[] start)
      throws ExampleFormatException {
    for (int i = 0; encoding.isUtf8() && i < start.length; i++) {
      if (start[i] == 0) {
        throw refused(
            path,
            "is not a text in UTF-8: byte %d is NUL, as in binary files or UTF-16; %s"
                .formatted(i, FORMS));
      }
    }
  }

  static ExampleFormatException refused(Path path, String what) {
    return new ExampleFormatException(path + " " + what);
  }

  /** Its name in small letters, without the ending of a packed file. */
  static String name(Path path) {
    String name = String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
    return name.endsWith(".gz") ? name.substring(0, name.length() - 3) : name;
  }

  /** How the text begins, up to the end of its first line. */
  String firstLine() throws IOException {
    return new String(start(text), StandardCharsets.UTF_8).split("[\r\n]", 2)[0];
  }

  @Override
  public void close() throws IOException {
    text.close();
  }

  /** What is packed by gzip is read as what was packed. */
  private record Unpacking(Path path, InputStream raw) {

    InputStream stream() throws IOException {
      BufferedInputStream bytes = new BufferedInputStream(raw, START);
      bytes.mark(2);
      int magic = bytes.read() << 8 | bytes.read();
      bytes.reset();
      return magic == GZIP
          ? new BufferedInputStream(new Unpacked(path, new GZIPInputStream(bytes)), START)
          : bytes;
    }
  }

  /** Says which file is damaged. */
  private static final class Unpacked extends FilterInputStream {
    private final Path path;

    Unpacked(Path path, InputStream in) {
      super(in);
      this.path = path;
    }

    @Override
    public int read(byte[] bytes, int from, int count) throws IOException {
      try {
        return super.read(bytes, from, count);
      } catch (ZipException | EOFException e) {
        throw refused(path, "is packed by gzip, but damaged");
      }
    }
  }
}
