package org.peft4j.listeners;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * A new file of TensorFlow's records: the length of the data (64 bits, little-endian), its masked
 * CRC-32C, the data, its masked CRC-32C. A record is handed to the operating system as a whole.
 */
final class RecordFile implements AutoCloseable {

  private static final int MASK_DELTA = 0xa282ead8;

  private final Path file;
  private final RandomAccessFile out;

  /**
   * @throws java.nio.file.FileAlreadyExistsException if there is such a file
   */
  RecordFile(Path file) throws IOException {
    this.file = file;
    Files.createFile(file);
    // Unlike a channel it does not mind that the thread is interrupted.
    this.out = new RandomAccessFile(file.toFile(), "rw");
  }

  void add(byte[] data) {
    WholeFile.append(file, out, record(data));
  }

  static byte[] record(byte[] data) {
    ByteBuffer record = ByteBuffer.allocate(8 + 4 + data.length + 4).order(ByteOrder.LITTLE_ENDIAN);
    record.putLong(data.length);
    record.putInt(maskedCrc(record.array(), 0, 8));
    record.put(data);
    record.putInt(maskedCrc(data, 0, data.length));
    return record.array();
  }

  /** Rotated and shifted, as a checksum over checksums says little otherwise. */
  static int maskedCrc(byte[] bytes, int from, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, from, length);
    return Integer.rotateRight((int) crc.getValue(), 15) + MASK_DELTA;
  }

  /** Closes and deletes it, as well as that can be done. */
  void discard() {
    try {
      out.close();
      Files.deleteIfExists(file);
    } catch (IOException ignored) {
      // The failure that makes it of no use is told.
      return;
    }
  }

  @Override
  public void close() {
    try {
      out.close();
    } catch (IOException e) {
      throw WholeFile.failure(file, e);
    }
  }
}
