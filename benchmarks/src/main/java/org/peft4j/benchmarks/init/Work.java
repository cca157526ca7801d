package org.peft4j.benchmarks.init;

import java.util.Random;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.openblas.global.openblas;
import org.peft4j.adapter.AdapterSite;
import org.peft4j.init.PissaStart;
import org.peft4j.initializer.FromWeight;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
import org.peft4j.testkit.Sites;

/** What is timed, on a square float32 matrix of normal numbers, the same for each. */
enum Work {
  /** Our PiSSA with 4 rounds, from the weight to the factors. */
  PISSA_FAST {
    @Override
    Runnable on(int size) {
      return start(PissaStart.fast(ROUNDS), size);
    }
  },
  /** Torch's {@code svd_lowrank} alone. */
  TORCH_SVD_LOWRANK {
    @Override
    Runnable on(int size) {
      return TorchLowRank.on(normal(size), size, RANK, ROUNDS);
    }
  },
  /** Our exact PiSSA, from the weight to the factors. */
  PISSA_EXACT {
    @Override
    Runnable on(int size) {
      return start(new PissaStart(), size);
    }
  },
  /** LAPACK's sgesdd alone, on a copy of the matrix. */
  LAPACK_SGESDD {
    @Override
    Runnable on(int size) {
      return lapack(normal(size), size);
    }
  };

  private static final int RANK = 128;
  private static final int ROUNDS = 4;

  /** Ready to be run; the matrix is already there. */
  abstract Runnable on(int size);

  private static Runnable start(FromWeight start, int size) {
    Buffer weight = Buffer.allocate(DataType.FLOAT32, Shape.of(size, size));
    weight.put(normal(size));
    AdapterSite site = Sites.of("weight", weight, 7);
    return () -> start.start(site, RANK, 1);
  }

  private static Runnable lapack(float[] values, int size) {
    FloatPointer matrix = new FloatPointer(values);
    FloatPointer a = new FloatPointer((long) values.length);
    FloatPointer s = new FloatPointer((long) size);
    FloatPointer u = new FloatPointer((long) values.length);
    FloatPointer vt = new FloatPointer((long) values.length);
    return () -> {
      Pointer.memcpy(a, matrix, (long) Float.BYTES * values.length);
      openblas.LAPACKE_sgesdd(
          openblas.LAPACK_COL_MAJOR, (byte) 'S', size, size, a, size, s, u, size, vt, size);
    };
  }

  private static float[] normal(int size) {
    Random random = new Random(1);
    float[] values = new float[size * size];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (0.02 * random.nextGaussian());
    }
    return values;
  }
}
