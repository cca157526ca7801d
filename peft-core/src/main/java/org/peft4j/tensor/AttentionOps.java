package org.peft4j.tensor;

import org.peft4j.kernel.AttentionInput;
import org.peft4j.kernel.AttentionShape;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Rotation;

/** Attention and its position embedding on a tape. */
final class AttentionOps {

  private AttentionOps() {}

  static Tensor rotate(Recorder t, Tensor x, Rotation rotation) {
    t.requireOverwritable(x);
    t.kernels().rotate(x.value(), rotation, false);
    t.recordInPlace(x, x, dx -> t.kernels().rotate(dx, rotation, true));
    return x;
  }

  static Tensor attention(Recorder t, AttentionShape shape, Tensor q, Tensor k, Tensor v) {
    Tensor out = t.result(q.shape(), q, k, v);
    Kernels kernels = t.kernels();
    kernels.attention(shape, input(q, k, v), out.value());
    t.record(
        out,
        dOut -> {
          Buffer dq = t.scratch(q.type(), q.shape());
          Buffer dk = t.scratch(k.type(), k.shape());
          Buffer dv = t.scratch(v.type(), v.shape());
          kernels.attentionBackward(shape, input(q, k, v), dOut, new AttentionInput(dq, dk, dv));
          t.contribute(q, dq);
          t.contribute(k, dk);
          t.contribute(v, dv);
        },
        q,
        k,
        v);
    return out;
  }

  private static AttentionInput input(Tensor q, Tensor k, Tensor v) {
    return new AttentionInput(q.value(), k.value(), v.value());
  }
}
