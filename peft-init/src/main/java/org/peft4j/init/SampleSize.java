package org.peft4j.init;

import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Kernels;

/** How large the entries of one sample [tokens, in] are: what the sample is divided by. */
enum SampleSize {
  /** {@code |max x|}: that of the largest entry in size only where that is above zero. */
  SIGNED_MAXIMUM {
    @Override
    double of(Buffer rows, Kernels kernels) {
      return Math.abs(Range.of(rows).largest());
    }
  },
  /** {@code max |x|}. */
  LARGEST {
    @Override
    double of(Buffer rows, Kernels kernels) {
      Range range = Range.of(rows);
      return Math.max(range.largest(), -range.smallest());
    }
  },
  /** {@code √(mean x²)}. */
  RMS {
    @Override
    double of(Buffer rows, Kernels kernels) {
      return Math.sqrt(kernels.squaredNorm(rows) / rows.length());
    }
  },
  /** 1: samples stay as they are. */
  NONE {
    @Override
    double of(Buffer rows, Kernels kernels) {
      return 1;
    }
  };

  abstract double of(Buffer rows, Kernels kernels);
}
