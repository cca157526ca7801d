package org.peft4j.io;

import java.nio.ByteBuffer;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Float16;

/**
 * Finds NaN and infinity among the entries of a tensor, about as fast as memory can be read: what a
 * file brings in has to be looked at once.
 */
public final class NonFinite {

  private static final long WORTH_THREADS = 1 << 20;

  private NonFinite() {}

  /** The index of the first number in {@code buffer} that is none. */
  public static OptionalLong first(Buffer buffer) {
    return first(buffer, buffer.type());
  }

  /**
   * The index of the first number in {@code buffer} that is none, or becomes infinite when it is
   * rounded to {@code as}.
   */
  public static OptionalLong first(Buffer buffer, DataType as) {
    long chunks = (buffer.length() + Chunk.ELEMENTS - 1) / Chunk.ELEMENTS;
    int parts =
        buffer.length() < WORTH_THREADS
            ? 1
            : (int) Math.min(Runtime.getRuntime().availableProcessors(), chunks);
    IntStream all = IntStream.range(0, parts);
    return (parts > 1 ? all.parallel() : all)
        .mapToObj(
            i ->
                first(
                    buffer,
                    Bits.of(buffer.type(), limit(as)),
                    chunks * i / parts,
                    chunks * (i + 1) / parts))
        .flatMapToLong(OptionalLong::stream)
        .min();
  }

  /** What is as large is rounded to infinity. */
  private static double limit(DataType type) {
    return switch (type) {
      case FLOAT32 -> 0x1.ffffffp127;
      case BFLOAT16 -> 0x1.ffp127;
      case FLOAT16 -> 65520;
      default -> Double.POSITIVE_INFINITY;
    };
  }

  private static OptionalLong first(Buffer buffer, Bits bits, long from, long to) {
    for (long i = from; i < to; i++) {
      long start = i * Chunk.ELEMENTS;
      Chunk chunk = new Chunk(start, (int) Math.min(Chunk.ELEMENTS, buffer.length() - start));
      int found = bits.first(chunk.bytes(buffer), chunk.count());
      if (found >= 0) {
        return OptionalLong.of(start + found);
      }
    }
    return OptionalLong.empty();
  }

  /**
   * Looks at numbers of one floating type as whole numbers, whose order is that of the magnitudes.
   * Added to what the limit lacks of the sign, those that are as large reach it.
   */
  private interface Bits {

    /** Index of the first that is not finite, or -1. */
    int first(ByteBuffer bytes, int count);

    static Bits of(DataType type, double limit) {
      return switch (type) {
        case FLOAT64 ->
            new Longs(new long[Chunk.ELEMENTS], Long.MIN_VALUE - Double.doubleToRawLongBits(limit));
        case FLOAT32 ->
            new Ints(
                new int[Chunk.ELEMENTS],
                Integer.MIN_VALUE - Float.floatToRawIntBits((float) limit));
        case FLOAT16 ->
            new Shorts(new short[Chunk.ELEMENTS], (1 << 15) - Float16.toHalf((float) limit));
        case BFLOAT16 ->
            new Shorts(new short[Chunk.ELEMENTS], (1 << 15) - Float16.toBfloat((float) limit));
        default -> (bytes, count) -> -1;
      };
    }
  }

  private record Longs(long[] room, long lacking) implements Bits {

    @Override
    public int first(ByteBuffer bytes, int count) {
      bytes.asLongBuffer().get(room, 0, count);
      long any = 0;
      for (int i = 0; i < count; i++) {
        any |= bad(room[i]);
      }
      return any < 0
          ? IntStream.range(0, count).filter(i -> bad(room[i]) < 0).min().orElse(-1)
          : -1;
    }

    private long bad(long bits) {
      return (bits & Long.MAX_VALUE) + lacking;
    }
  }

  private record Ints(int[] room, int lacking) implements Bits {

    @Override
    public int first(ByteBuffer bytes, int count) {
      bytes.asIntBuffer().get(room, 0, count);
      int any = 0;
      for (int i = 0; i < count; i++) {
        any |= bad(room[i]);
      }
      return any < 0
          ? IntStream.range(0, count).filter(i -> bad(room[i]) < 0).min().orElse(-1)
          : -1;
    }

    private int bad(int bits) {
      return (bits & Integer.MAX_VALUE) + lacking;
    }
  }

  private record Shorts(short[] room, int lacking) implements Bits {

    @Override
    public int first(ByteBuffer bytes, int count) {
      bytes.asShortBuffer().get(room, 0, count);
      int any = 0;
      for (int i = 0; i < count; i++) {
        any |= bad(room[i]);
      }
      return isBad(any)
          ? IntStream.range(0, count).filter(i -> isBad(bad(room[i]))).min().orElse(-1)
          : -1;
    }

    private int bad(short bits) {
      return (bits & Short.MAX_VALUE) + lacking;
    }

    private static boolean isBad(int bits) {
      return (bits & 1 << 15) != 0;
    }
  }
}
