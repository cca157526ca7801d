package org.peft4j.kernel;

import java.util.Arrays;

/**
 * Convolution made of other kernels: what each tap reads is gathered, pixel by pixel for all images
 * and channels at once, and is one factor of a product, the other being the weights of that tap.
 */
final class ConvolutionDefaults implements AutoCloseable {

  private final Kernels kernels;
  private final ConvolutionShape shape;
  private final Rooms rooms;
  private final int images;
  private final int taps;
  private final int places;
  private final int pixels;
  private final Buffer ids;

  ConvolutionDefaults(Kernels kernels, ConvolutionShape shape, Buffer images) {
    this.kernels = kernels;
    this.shape = shape;
    this.rooms = new Rooms(kernels);
    this.images = images.rows();
    this.pixels = shape.in().pixels();
    int[][] read = shape.window().pixels(shape.in());
    this.taps = read.length;
    this.places = read[0].length;
    this.ids =
        rooms.indices(
            Arrays.stream(read)
                .flatMapToInt(Arrays::stream)
                .map(pixel -> pixel < 0 ? pixels : pixel)
                .toArray());
  }

  void forward(Buffer x, Buffer weight, Buffer y) {
    Buffer read = read(x);
    Buffer weights = weights(weight, x.type());
    Buffer sums = rooms.room(x.type().trained(), places * images, shape.outChannels());
    for (int tap = 0; tap < taps; tap++) {
      Write write = tap == 0 ? Write.SET : Write.ADD;
      Blocks of = byTap(weights, tap);
      kernels.blockTimes(groups(ofTap(read, tap)), of.exchanged(), write, groups(sums));
    }
    int rows = images * shape.outChannels();
    kernels.transpose(
        sums.reshape(Shape.of(places, rows)), Write.SET, y.reshape(Shape.of(rows, places)));
  }

  void inputGradient(Buffer dy, Buffer weight, Write write, Buffer dx) {
    Buffer slopes = slopes(dy);
    Buffer weights = weights(weight, dy.type());
    Buffer read = rooms.room(dy.type(), taps * places, images * shape.in().channels());
    for (int tap = 0; tap < taps; tap++) {
      kernels.blockTimes(groups(slopes), byTap(weights, tap), Write.SET, groups(ofTap(read, tap)));
    }
    Buffer all = rooms.room(dx.type().trained(), pixels + 1, read.columns());
    kernels.fill(0, all);
    kernels.scatterAdd(read, ids, 1, all);
    kernels.transpose(all.rows(0, pixels), write, dx.reshape(Shape.of(read.columns(), pixels)));
  }

  void weightGradient(Buffer x, Buffer dy, Write write, Buffer dw) {
    Buffer read = read(x);
    Blocks slopes = groups(slopes(dy)).exchanged();
    int each = Math.toIntExact(dw.length()) / taps;
    Buffer sums = rooms.room(dw.type(), taps, each);
    for (int tap = 0; tap < taps; tap++) {
      kernels.blockTimes(slopes, groups(ofTap(read, tap)), Write.SET, byTap(sums, tap));
    }
    kernels.transpose(sums, write, dw.reshape(Shape.of(each, taps)));
  }

  /** What each tap reads at each place, of all images and channels: [taps * places, n * c]. */
  private Buffer read(Buffer x) {
    int columns = images * shape.in().channels();
    Buffer all = rooms.room(x.type(), pixels + 1, columns);
    kernels.transpose(x.reshape(Shape.of(columns, pixels)), Write.SET, all.rows(0, pixels));
    kernels.fill(0, all.rows(pixels, pixels + 1));
    Buffer read = rooms.room(x.type(), taps * places, columns);
    kernels.gather(all, ids, Write.SET, read);
    return read;
  }

  /** The part of one tap as [places * n, c]. */
  private Buffer ofTap(Buffer read, int tap) {
    return read.rows(tap * places, (tap + 1) * places)
        .reshape(Shape.of(places * images, shape.in().channels()));
  }

  /** The weights tap by tap: [taps, out * c of a group]. */
  private Buffer weights(Buffer weight, DataType type) {
    int each = Math.toIntExact(weight.length()) / taps;
    Buffer turned = rooms.room(type, taps, each);
    kernels.transpose(weight.reshape(Shape.of(each, taps)), Write.SET, turned);
    return turned;
  }

  /** Those of one tap: for each group [out of a group, c of a group]. */
  private Blocks byTap(Buffer weights, int tap) {
    Buffer own = weights.rows(tap, tap + 1);
    return Blocks.below(
        own.reshape(Shape.of(shape.outChannels(), shape.groupChannels())), shape.groups());
  }

  /** The result's gradient as [places * n, out]. */
  private Buffer slopes(Buffer dy) {
    Buffer turned = rooms.transposed(dy.reshape(Shape.of(images * shape.outChannels(), places)));
    return turned.reshape(Shape.of(places * images, shape.outChannels()));
  }

  private Blocks groups(Buffer channels) {
    return Blocks.beside(channels, shape.groups());
  }

  @Override
  public void close() {
    rooms.close();
  }
}
