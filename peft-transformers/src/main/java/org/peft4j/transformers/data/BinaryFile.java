package org.peft4j.transformers.data;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Files that are no text, known by how they begin. */
final class BinaryFile {

  /** Rows by columns; there is a reader of its own for those. */
  static final String PARQUET = "Parquet";

  private static final List<Beginning> BEGINNINGS =
      List.of(
          words(PARQUET, "PAR1"),
          words("a zip archive", "PK\3\4"),
          words("a PDF document", "%PDF-"),
          words("a PNG picture", "\u0089PNG"),
          words("a JPEG picture", "\u00FF\u00D8\u00FF"),
          words("a GIF picture", "GIF8"),
          words("a SQLite database", "SQLite format 3\0"),
          words("an Arrow file", "ARROW1"),
          words("an Arrow stream", "\u00FF\u00FF\u00FF\u00FF"),
          words("a Feather file", "FEA1"),
          words("an Avro file", "Obj\1"),
          words("an ORC file", "ORC"),
          words("an HDF5 file", "\u0089HDF"),
          words("a GGUF model", "GGUF"),
          words("a NumPy array", "\u0093NUMPY"),
          words("compressed by zstd", "\u0028\u00B5\u002F\u00FD"),
          words("compressed by bzip2", "BZh"),
          words("compressed by xz", "\u00FD7zXZ"),
          words("a 7z archive", "7z\u00BC\u00AF"),
          words("a RAR archive", "Rar!\u001A"),
          words("a program", "\u007FELF"));

  /** Pickles of protocols 2 to 5 begin with 0x80 and the protocol. */
  private static final int PICKLE = 0x80;

  private record Beginning(String name, byte[] bytes) {}

  private BinaryFile() {}

  private static Beginning words(String name, String latin1) {
    return new Beginning(name, latin1.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** What a file is that begins so, if it is no text. */
  static Optional<String> name(byte[] start) {
    return BEGINNINGS.stream()
        .filter(beginning -> begins(start, beginning.bytes()))
        .filter(beginning -> !isWord(beginning, start))
        .map(Beginning::name)
        .findFirst()
        .or(() -> pickle(start));
  }

  static boolean begins(byte[] start, byte[] bytes) {
    return start.length >= bytes.length
        && Arrays.equals(start, 0, bytes.length, bytes, 0, bytes.length);
  }

  /** Texts may begin with the letters of some formats: then only letters follow. */
  private static boolean isWord(Beginning beginning, byte[] start) {
    boolean letters = beginning.bytes()[0] > ' ';
    for (int i = 0; letters && i < start.length; i++) {
      letters = start[i] < 0 || start[i] >= ' ' || Character.isWhitespace(start[i]);
    }
    return letters
        && !beginning.name().equals("a PDF document")
        && new String(start, StandardCharsets.UTF_8).indexOf('\uFFFD') < 0;
  }

  private static Optional<String> pickle(byte[] start) {
    boolean pickled =
        start.length > 1 && (start[0] & 0xFF) == PICKLE && start[1] >= 2 && start[1] <= 5;
    return pickled ? Optional.of("a Python pickle") : Optional.empty();
  }
}
