package org.peft4j.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;

/**
 * Tensors in Hugging Face's safetensors format: one file, or a model that is split over several.
 *
 * <p>Opening reads and checks the headers only. Buffers that were read stay valid after {@link
 * #close()}. Large tensors of files above 256 MiB are mapped into memory: such a file must not be
 * cut short or written into while its buffers are in use, which would end the process or change the
 * numbers; replacing it, as {@link #write(Path, Map)} does, is harmless. With {@code
 * -Dpeft4j.map=false} nothing is mapped.
 */
public final class Safetensors implements AutoCloseable {

  /** Without this entry transformers refuses a file. */
  private static final Map<String, String> HUGGING_FACE = Map.of("format", "pt");

  private final Path path;
  private final List<SafetensorsFile> files;
  private final Map<String, SafetensorsFile> places;
  private volatile boolean closed;
  private final Map<String, String> absent;

  private Safetensors(
      Path path,
      List<SafetensorsFile> files,
      Map<String, SafetensorsFile> places,
      Map<String, String> absent) {
    this.path = path;
    this.files = List.copyOf(files);
    this.places = Collections.unmodifiableMap(places);
    this.absent = Map.copyOf(absent);
  }

  /**
   * Opens one file.
   *
   * @throws AdapterFormatException if its header is wrong; the message names every mistake
   * @throws java.nio.file.NoSuchFileException if there is no such file
   */
  public static Safetensors open(Path file) throws IOException {
    SafetensorsFile opened = SafetensorsFile.open(file);
    Map<String, SafetensorsFile> places = new LinkedHashMap<>();
    opened.header().tensors().keySet().forEach(name -> places.put(name, opened));
    return new Safetensors(file, List.of(opened), places, Map.of());
  }

  /**
   * Opens the model in {@code directory}: {@code model.safetensors}, or the shards that {@code
   * model.safetensors.index.json} names. Tensors of a shard that the index leaves out are left out;
   * so are those that only the index names, which happens where an output layer is tied.
   *
   * @throws AdapterFormatException if there is no model, saying what is there instead, or shards
   *     are missing or wrong
   */
  public static Safetensors openModel(Path directory) throws IOException {
    Path whole = directory.resolve("model.safetensors");
    if (Files.exists(whole)) {
      return open(whole);
    }
    Path index = directory.resolve(ShardIndex.FILE_NAME);
    if (!Files.exists(index)) {
      throw new AdapterFormatException(directory, OtherWeights.instead(directory));
    }
    return openShards(index);
  }

  private static Safetensors openShards(Path index) throws IOException {
    ShardIndex shards = ShardIndex.read(index);
    Map<String, SafetensorsFile> opened = new LinkedHashMap<>();
    try {
      for (String shard : shards.files()) {
        opened.put(shard, SafetensorsFile.open(index.resolveSibling(shard)));
      }
    } catch (IOException | RuntimeException e) {
      closeAll(opened.values(), e);
      throw e;
    }
    Map<String, String> absent = shards.absent(opened);
    Map<String, SafetensorsFile> places = new LinkedHashMap<>();
    shards.weightMap().forEach((name, shard) -> places.put(name, opened.get(shard)));
    places.keySet().removeAll(absent.keySet());
    return new Safetensors(index, List.copyOf(opened.values()), places, absent);
  }

  private static void closeAll(Iterable<SafetensorsFile> files, Exception cause) {
    for (SafetensorsFile file : files) {
      try {
        file.close();
      } catch (IOException e) {
        cause.addSuppressed(e);
      }
    }
  }

  /**
   * Writes {@code tensors}, each in the type it has, the way Hugging Face does: same order, same
   * bytes. The file appears when it is complete; if anything fails, what was there before stays.
   */
  public static void write(Path file, Map<String, Buffer> tensors) throws IOException {
    write(file, tensors, HUGGING_FACE);
  }

  /** Like {@link #write(Path, Map)}, with metadata of the caller's; none is written if empty. */
  public static void write(Path file, Map<String, Buffer> tensors, Map<String, String> metadata)
      throws IOException {
    AtomicFiles.write(
        file, new SafetensorsWriter(tensors, metadata, UnaryOperator.identity())::writeTo);
  }

  /**
   * Like {@link #write(Path, Map, Map)}, with all floating tensors stored as {@code floating},
   * rounded to nearest with ties to even.
   *
   * @throws IllegalArgumentException if {@code floating} is no floating type
   */
  public static void write(
      Path file, Map<String, Buffer> tensors, Map<String, String> metadata, DataType floating)
      throws IOException {
    AtomicFiles.write(
        file,
        new SafetensorsWriter(tensors, metadata, SafetensorsWriter.narrowingTo(floating))::writeTo);
  }

  /** Names of all tensors, in the order of the header, or of the index of a split model. */
  public Set<String> names() {
    return places.keySet();
  }

  public boolean contains(String name) {
    return places.containsKey(name);
  }

  /** The file that the index of a split model gives for a tensor that is not in it. */
  public Optional<String> absent(String name) {
    return Optional.ofNullable(absent.get(name));
  }

  /**
   * Type, shape and place of one tensor.
   *
   * @throws IllegalArgumentException if there is no such tensor
   */
  public TensorInfo info(String name) {
    return infoIn(fileOf(name), name);
  }

  /** The strings under {@code __metadata__}; of a split model, those of its first shard. */
  public Map<String, String> metadata() {
    return files.isEmpty()
        ? Map.of()
        : Collections.unmodifiableMap(files.get(0).header().metadata());
  }

  /** SHA-256 of all that the file holds, header included, in hexadecimal letters. */
  public String sha256() throws IOException {
    MessageDigest digest = sha256Digest();
    for (SafetensorsFile file : files) {
      file.addTo(digest);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest sha256Digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /**
   * One tensor as {@code as}, which is either a type to compute with or the stored type itself.
   * Where it is the stored type, a large tensor of a large file is mapped into memory instead of
   * copied. Either way writing to the buffer leaves the file as it is.
   *
   * @throws IllegalArgumentException if there is no such tensor, or not as {@code as}
   */
  public Buffer read(String name, DataType as) throws IOException {
    SafetensorsFile file = fileOf(name);
    TensorInfo tensor = infoIn(file, name);
    if (!as.isComputable() && as != tensor.type()) {
      throw new IllegalArgumentException(
          "tensor %s in %s is stored as %s, so it can be read as that, F32, F64 or BF16 but not as %s"
              .formatted(name, file.path(), tensor.type().fileName(), as.fileName()));
    }
    return file.read(tensor, as);
  }

  /**
   * The stored bytes of one tensor, little-endian.
   *
   * @throws IllegalArgumentException if there is no such tensor
   * @throws ArithmeticException if it has more bytes than an array can hold
   */
  public byte[] bytes(String name) throws IOException {
    SafetensorsFile file = fileOf(name);
    return file.bytes(infoIn(file, name));
  }

  private SafetensorsFile fileOf(String name) {
    if (closed) {
      throw new IllegalStateException(path + " is closed");
    }
    SafetensorsFile file = places.get(name);
    if (file == null) {
      throw new IllegalArgumentException(
          "no tensor %s in %s; there are %s"
              .formatted(name, path, Excerpt.of(places.keySet().toString())));
    }
    return file;
  }

  private static TensorInfo infoIn(SafetensorsFile file, String name) {
    @Nullable TensorInfo info = file.header().tensors().get(name);
    if (info == null) {
      throw new IllegalStateException(
          "this is our bug: " + file.path() + " was said to hold " + name);
    }
    return info;
  }

  @Override
  public void close() throws IOException {
    closed = true;
    for (SafetensorsFile file : files) {
      file.close();
    }
  }
}
