package org.peft4j.io;

import java.nio.ByteBuffer;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;

/**
 * Finds NaN and infinity among the numbers of a tensor, about as fast as memory can be read: what a
 * file brings in has to be looked at once.
 */
public final class NonFinite {

  private static final long WORTH_THREADS = 1 << 20;

  private NonFinite() {}

  /** The index of the first number in {@code buffer} that is none. */
  public static OptionalLong first(Buffer buffer) {
    long chunks = (buffer.length() + Chunk.ELEMENTS - 1) / Chunk.ELEMENTS;
    int parts =
        buffer.length() < WORTH_THREADS
            ? 1
            : (int) Math.min(Runtime.getRuntime().availableProcessors(), chunks);
    IntStream all = IntStream.range(0, parts);
    return (parts > 1 ? all.parallel() : all)
        .mapToObj(i -> first(buffer, chunks * i / parts, chunks * (i + 1) / parts))
        .flatMapToLong(OptionalLong::stream)
        .min();
  }

  private static OptionalLong first(Buffer buffer, long from, long to) {
    Bits bits = Bits.of(buffer.type());
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

  /** Looks at the exponents of one floating type. Adding 1 to one of all ones reaches the sign. */
  private interface Bits {

    /** Index of the first that is not finite, or -1. */
    int first(ByteBuffer bytes, int count);

    static Bits of(DataType type) {
      return switch (type) {
        case FLOAT64 -> new Longs(new long[Chunk.ELEMENTS]);
        case FLOAT32 -> new Ints(new int[Chunk.ELEMENTS]);
        case FLOAT16 -> new Shorts(new short[Chunk.ELEMENTS], 1 << 10);
        case BFLOAT16 -> new Shorts(new short[Chunk.ELEMENTS], 1 << 7);
        default -> (bytes, count) -> -1;
      };
    }
  }

  private record Longs(long[] room) implements Bits {

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

    private static long bad(long bits) {
      return (bits & Long.MAX_VALUE) + (1L << 52);
    }
  }

  private record Ints(int[] room) implements Bits {

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

    private static int bad(int bits) {
      return (bits & Integer.MAX_VALUE) + (1 << 23);
    }
  }

  private record Shorts(short[] room, int one) implements Bits {

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
      return (bits & Short.MAX_VALUE) + one;
    }

    private static boolean isBad(int bits) {
      return (bits & 1 << 15) != 0;
    }
  }
}
