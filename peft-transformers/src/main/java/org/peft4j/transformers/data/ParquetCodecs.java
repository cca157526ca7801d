package org.peft4j.transformers.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.GZIPInputStream;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.hadoop.util.HadoopCodecs;

/** How pages are unpacked: gzip by Java, for which the library would want all of Hadoop. */
final class ParquetCodecs implements CompressionCodecFactory {

  private final CompressionCodecFactory others =
      HadoopCodecs.newFactory(new PlainParquetConfiguration(), 0);

  @Override
  public BytesInputDecompressor getDecompressor(CompressionCodecName name) {
    return name == CompressionCodecName.GZIP ? new Gzip() : others.getDecompressor(name);
  }

  @Override
  public BytesInputCompressor getCompressor(CompressionCodecName name) {
    throw new UnsupportedOperationException("nothing is written here");
  }

  @Override
  public void release() {
    others.release();
  }

  private static final class Gzip implements BytesInputDecompressor {

    @Override
    public BytesInput decompress(BytesInput bytes, int size) throws IOException {
      return BytesInput.from(unpacked(bytes, size));
    }

    @Override
    public void decompress(ByteBuffer in, int packed, ByteBuffer out, int size) throws IOException {
      ByteBuffer page = in.duplicate().limit(in.position() + packed);
      out.put(unpacked(BytesInput.from(page), size));
    }

    private static byte[] unpacked(BytesInput bytes, int size) throws IOException {
      try (GZIPInputStream unpacked = new GZIPInputStream(bytes.toInputStream())) {
        return unpacked.readNBytes(size);
      }
    }

    @Override
    public void release() {}
  }
}
