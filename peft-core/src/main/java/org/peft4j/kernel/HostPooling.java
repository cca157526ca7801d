package org.peft4j.kernel;

/** Pooling on the host, in double and rounded once. */
final class HostPooling {

  private final PoolingShape shape;
  private final int[][] pixels;
  private final int places;

  HostPooling(PoolingShape shape) {
    this.shape = shape;
    this.pixels = shape.window().pixels(shape.in());
    this.places = shape.out().pixels();
  }

  void forward(Buffer x, Buffer y) {
    double[] in = x.toDoubles();
    double[] out = new double[Math.toIntExact(y.length())];
    for (int i = 0; i < out.length; i++) {
      int plane = i / places * shape.in().pixels();
      out[i] =
          shape.kind() == PoolingShape.Kind.MAX
              ? in[plane + largest(in, plane, i % places)]
              : sum(in, plane, i % places) / pixels.length;
    }
    y.put(out);
  }

  void backward(double[] in, Buffer dy, Write write, Buffer dx) {
    double[] slopes = dy.toDoubles();
    double[] sums = write.accumulate() ? dx.toDoubles() : new double[Math.toIntExact(dx.length())];
    for (int i = 0; i < slopes.length; i++) {
      int plane = i / places * shape.in().pixels();
      double slope = write.scale() * slopes[i];
      if (shape.kind() == PoolingShape.Kind.MAX) {
        sums[plane + largest(in, plane, i % places)] += slope;
      } else {
        spread(slope / pixels.length, sums, plane, i % places);
      }
    }
    dx.put(sums);
  }

  /** The pixel of the first of the largest numbers. */
  private int largest(double[] in, int plane, int place) {
    int found = -1;
    for (int[] tap : pixels) {
      int pixel = tap[place];
      if (pixel >= 0 && (found < 0 || in[plane + pixel] > in[plane + found])) {
        found = pixel;
      }
    }
    return found;
  }

  private double sum(double[] in, int plane, int place) {
    double sum = 0;
    for (int[] tap : pixels) {
      sum += tap[place] < 0 ? 0 : in[plane + tap[place]];
    }
    return sum;
  }

  private void spread(double share, double[] sums, int plane, int place) {
    for (int[] tap : pixels) {
      if (tap[place] >= 0) {
        sums[plane + tap[place]] += share;
      }
    }
  }
}
