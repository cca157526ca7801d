package org.peft4j.io;

import java.nio.ByteBuffer;
import java.nio.ShortBuffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Float16;

/** Runs of little-endian elements to and from Java arrays, a chunk at a time. */
final class Elements {

  private Elements() {}

  /** Decodes {@code count} elements, rounding to nearest where the stored type is wider. */
  static void decode(DataType type, ByteBuffer bytes, float[] target, int count) {
    switch (type) {
      case FLOAT32 -> bytes.asFloatBuffer().get(target, 0, count);
      case FLOAT16 -> {
        ShortBuffer halves = bytes.asShortBuffer();
        for (int i = 0; i < count; i++) {
          target[i] = Float16.fromHalf(halves.get(i));
        }
      }
      case BFLOAT16 -> {
        ShortBuffer bfloats = bytes.asShortBuffer();
        for (int i = 0; i < count; i++) {
          target[i] = Float16.fromBfloat(bfloats.get(i));
        }
      }
      case FLOAT64 -> {
        for (int i = 0; i < count; i++) {
          target[i] = (float) bytes.getDouble(8 * i);
        }
      }
      case FLOAT8_E4M3, FLOAT8_E5M2 -> {
        for (int i = 0; i < count; i++) {
          target[i] = Float8.of(type, bytes.get(i));
        }
      }
      default -> {
        for (int i = 0; i < count; i++) {
          target[i] = integer(type, bytes, i);
        }
      }
    }
  }

  /** Decodes {@code count} elements; only 64-bit integers may need rounding. */
  static void decode(DataType type, ByteBuffer bytes, double[] target, int count) {
    switch (type) {
      case FLOAT64 -> bytes.asDoubleBuffer().get(target, 0, count);
      case FLOAT32, FLOAT16, BFLOAT16, FLOAT8_E4M3, FLOAT8_E5M2 -> {
        float[] narrow = new float[count];
        decode(type, bytes, narrow, count);
        for (int i = 0; i < count; i++) {
          target[i] = narrow[i];
        }
      }
      default -> {
        for (int i = 0; i < count; i++) {
          target[i] = integer(type, bytes, i);
        }
      }
    }
  }

  private static long integer(DataType type, ByteBuffer bytes, int i) {
    return switch (type) {
      case INT64 -> bytes.getLong(8 * i);
      case INT32 -> bytes.getInt(4 * i);
      case INT16 -> bytes.getShort(2 * i);
      case INT8 -> bytes.get(i);
      case UINT8 -> bytes.get(i) & 0xff;
      case BOOL -> bytes.get(i) == 0 ? 0 : 1;
      default -> throw new IllegalArgumentException(type + " is not an integer type");
    };
  }

  /** Encodes {@code count} values from index 0 of {@code bytes}, rounding to nearest even. */
  static void encode(DataType type, double[] values, int count, ByteBuffer bytes) {
    switch (type) {
      case FLOAT64 -> bytes.asDoubleBuffer().put(values, 0, count);
      case FLOAT32 -> {
        for (int i = 0; i < count; i++) {
          bytes.putFloat(4 * i, (float) values[i]);
        }
      }
      case FLOAT16 -> {
        for (int i = 0; i < count; i++) {
          bytes.putShort(2 * i, Float16.toHalf(Float16.roundToOdd(values[i])));
        }
      }
      case BFLOAT16 -> {
        for (int i = 0; i < count; i++) {
          bytes.putShort(2 * i, Float16.toBfloat(Float16.roundToOdd(values[i])));
        }
      }
      default -> throw new IllegalArgumentException(type + " is not a floating type");
    }
  }
}
