package org.peft4j.io;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.peft4j.kernel.Buffer;

/** Tells whether what was read is what was written: guards against damage, not against malice. */
public final class Checksum {

  private Checksum() {}

  /** Of a tensor's type, shape and bytes, such as {@code F32 [4, 8] 1c291ca3}. */
  public static String of(Buffer tensor) {
    CRC32C crc = new CRC32C();
    Buffer host = SafetensorsWriter.onHost(tensor);
    host.lifetime()
        .during(
            () -> {
              Chunk.of(host.length()).forEach(chunk -> crc.update(chunk.bytes(host)));
              return crc;
            });
    return tensor.type().fileName() + " " + tensor.shape() + " " + text(crc);
  }

  /** Of texts and what they are called. */
  public static String of(Map<String, String> texts) {
    CRC32C crc = new CRC32C();
    new TreeMap<>(texts)
        .forEach(
            (name, value) -> {
              update(crc, name);
              update(crc, value);
            });
    return text(crc);
  }

  private static void update(CRC32C crc, String text) {
    crc.update(text.getBytes(StandardCharsets.UTF_8));
    crc.update(0);
  }

  private static String text(CRC32C crc) {
    return HexFormat.of().toHexDigits((int) crc.getValue());
  }
}
