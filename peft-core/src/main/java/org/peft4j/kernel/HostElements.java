package org.peft4j.kernel;

import java.nio.ShortBuffer;

/** HostElements in host memory to and from Java arrays; what does not fit is rounded to nearest. */
final class HostElements {

  private HostElements() {}

  /** Reads as many elements as {@code target} takes. */
  static void get(HostMemory memory, long first, float[] target) {
    HostViews views = memory.views();
    int start = Math.toIntExact(first);
    switch (memory.type()) {
      case FLOAT32 -> views.floats().get(start, target);
      case FLOAT64 -> {
        double[] wide = new double[target.length];
        views.doubles().get(start, wide);
        for (int i = 0; i < wide.length; i++) {
          target[i] = (float) wide[i];
        }
      }
      case BFLOAT16, FLOAT16 -> {
        ShortBuffer halves = views.shorts();
        for (int i = 0; i < target.length; i++) {
          target[i] = single(memory.type(), halves.get(start + i));
        }
      }
      default -> throw notANumber(memory.type());
    }
  }

  static void get(HostMemory memory, long first, double[] target) {
    if (memory.type() == DataType.FLOAT64) {
      memory.views().doubles().get(Math.toIntExact(first), target);
    } else {
      float[] narrow = new float[target.length];
      get(memory, first, narrow);
      for (int i = 0; i < narrow.length; i++) {
        target[i] = narrow[i];
      }
    }
  }

  /** Writes all of {@code source}. */
  static void put(HostMemory memory, long first, float[] source) {
    HostViews views = memory.views();
    int start = Math.toIntExact(first);
    switch (memory.type()) {
      case FLOAT32 -> views.floats().put(start, source);
      case FLOAT64 -> {
        double[] wide = new double[source.length];
        for (int i = 0; i < wide.length; i++) {
          wide[i] = source[i];
        }
        views.doubles().put(start, wide);
      }
      case BFLOAT16, FLOAT16 -> {
        ShortBuffer halves = views.shorts();
        for (int i = 0; i < source.length; i++) {
          halves.put(start + i, half(memory.type(), source[i]));
        }
      }
      default -> throw notANumber(memory.type());
    }
  }

  static void put(HostMemory memory, long first, double[] source) {
    if (memory.type() == DataType.FLOAT64) {
      memory.views().doubles().put(Math.toIntExact(first), source);
    } else {
      float[] narrow = new float[source.length];
      for (int i = 0; i < narrow.length; i++) {
        narrow[i] = (float) source[i];
      }
      put(memory, first, narrow);
    }
  }

  private static float single(DataType type, short bits) {
    return type == DataType.BFLOAT16 ? Float16.fromBfloat(bits) : Float16.fromHalf(bits);
  }

  private static short half(DataType type, float value) {
    return type == DataType.BFLOAT16 ? Float16.toBfloat(value) : Float16.toHalf(value);
  }

  private static IllegalArgumentException notANumber(DataType type) {
    return new IllegalArgumentException(
        "elements of type " + type + " are not read or written as floating-point numbers");
  }
}
