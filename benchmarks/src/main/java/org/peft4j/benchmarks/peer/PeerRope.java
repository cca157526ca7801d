package org.peft4j.benchmarks.peer;

import static org.bytedeco.pytorch.global.torch.ScalarType;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.peft4j.benchmarks.steps.Sizes;

/**
 * {@code apply_rotary_pos_emb} of transformers.
 *
 * @param cosines [tokens, head size], both halves alike
 * @param sines likewise
 */
record PeerRope(Tensor cosines, Tensor sines) {

  /**
   * @param type that the model computes in
   */
  static PeerRope of(Sizes sizes, ScalarType type) {
    int size = sizes.headSize();
    float[] cosines = new float[sizes.tokens() * size];
    float[] sines = new float[cosines.length];
    for (int i = 0; i < cosines.length; i++) {
      int pair = i % size % (size / 2);
      double angle = i / size * Math.pow(Sizes.THETA, -2.0 * pair / size);
      cosines[i] = (float) Math.cos(angle);
      sines[i] = (float) Math.sin(angle);
    }
    return new PeerRope(
        Torch.constant(cosines, type, sizes.tokens(), size),
        Torch.constant(sines, type, sizes.tokens(), size));
  }

  /** x [sequences, heads, tokens, head size], turned by its positions. */
  Tensor turn(Tensor x) {
    return Torch.scoped(
        () -> {
          long half = x.size(-1) / 2;
          Tensor first = x.narrow(-1, 0, half);
          Tensor second = x.narrow(-1, half, half);
          Tensor turned = torch.cat(new TensorVector(second.neg(), first), -1);
          return x.mul(cosines).add(turned.mul(sines));
        });
  }
}
