package org.peft4j.transformers.hub;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** One file on its way: what has come of it, and what it must come to. */
final class Transfer implements AutoCloseable {

  private static final int CHUNK = 1 << 16;

  private final HubFile file;
  private final Path half;
  private final FileChannel channel;
  private final byte[] chunk = new byte[CHUNK];
  private MessageDigest digest;
  private long position;
  private long fetched;
  private @Nullable String tag;

  /**
   * @param half what has come in earlier attempts, if it is there
   */
  Transfer(HubFile file, Path half) throws IOException {
    this.file = file;
    this.half = half;
    this.digest = file.digest();
    this.channel =
        FileChannel.open(
            half, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    if (channel.size() > file.size()) {
      restart();
    }
    ByteBuffer buffer = ByteBuffer.wrap(chunk);
    while (channel.read(buffer) >= 0) {
      digest.update(buffer.flip());
      buffer.clear();
    }
    position = channel.position();
  }

  /** How many bytes have come. */
  long position() {
    return position;
  }

  /** How many bytes have come since this was made, those that were forgotten again included. */
  long fetched() {
    return fetched;
  }

  boolean isWhole() {
    return position == file.size();
  }

  /** Forgets what has come. */
  void restart() throws IOException {
    channel.truncate(0);
    channel.position(0);
    digest = file.digest();
    position = 0;
    tag = null;
  }

  /** The headers of a request for what is missing. */
  Map<String, String> headers() {
    Map<String, String> headers = new HashMap<>();
    if (position > 0) {
      headers.put("Range", "bytes=" + position + "-");
      if (tag != null) {
        headers.put("If-Range", tag);
      }
    }
    return headers;
  }

  /**
   * Takes what an answer brings.
   *
   * @param counter is told {@link #fetched}
   * @throws FileSystemException if it cannot be written
   * @throws IOException if the answer ends early; what has come is kept
   */
  void take(Reply reply, LongConsumer counter) throws IOException {
    try (reply) {
      boolean begins = position == 0;
      if (!begins && !continues(reply)) {
        restart();
      }
      tag =
          reply.headers().firstValue("ETag").filter(value -> !value.startsWith("W/")).orElse(null);
      if (reply.status() == HubConnection.OUTSIDE) {
        if (begins) {
          throw new IOException("the server has no beginning of '" + file.path() + "'");
        }
        return;
      }
      while (!isWhole()) {
        int most = (int) Math.min(CHUNK, file.size() - position);
        int read = reply.read(chunk, most);
        if (read < 0) {
          throw new IOException("the connection was cut");
        }
        write(read);
        counter.accept(fetched);
      }
    }
  }

  private boolean continues(Reply reply) {
    String range = reply.header("Content-Range");
    return reply.status() == 206 && range.startsWith("bytes " + position + "-");
  }

  private void write(int length) throws IOException {
    try {
      ByteBuffer bytes = ByteBuffer.wrap(chunk, 0, length);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (IOException e) {
      throw new FileSystemException(half.toString(), null, e.getMessage());
    }
    digest.update(chunk, 0, length);
    position += length;
    fetched += length;
  }

  /**
   * Whether what has come is what the Hub says the file is. Everything has reached the disk then.
   */
  boolean isRight() throws IOException {
    boolean right = HexFormat.of().formatHex(digest.digest()).equals(file.checksum());
    if (right) {
      channel.force(true);
    }
    return right;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
