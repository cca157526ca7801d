package org.peft4j.tensor;

import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.AttentionInput;
import org.peft4j.kernel.AttentionShape;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Rotation;
import org.peft4j.kernel.Shape;

/** Attention and its position embedding on a tape. */
final class AttentionOps {

  private AttentionOps() {}

  static Tensor rotate(Recorder t, Tensor x, Rotary rotary) {
    t.requireOverwritable(x);
    t.kernels().rotate(t.value(x), rotation(t, rotary), false);
    t.recordInPlace(
        x, x, dx -> t.kernels().rotate(dx, rotation(t, rotary), true), rotary.positions());
    return x;
  }

  private static Rotation rotation(Recorder t, Rotary rotary) {
    return new Rotation(
        t.value(rotary.cosines()),
        t.value(rotary.sines()),
        rotary.headSize(),
        t.value(rotary.positions()));
  }

  static Tensor attention(Recorder t, AttentionShape shape, Tensor q, Tensor k, Tensor v) {
    Tensor out = t.result(q.shape(), q, k, v);
    Kernels kernels = t.kernels();
    long kept =
        t.isRecording() && out.requiresGradient() ? kernels.keptWeights(shape, q.type()) : 0;
    if (kept == 0) {
      kernels.attention(shape, input(t, q, k, v), t.value(out), null);
      t.record(out, dOut -> backward(t, shape, q, k, v, null, dOut), q, k, v);
    } else {
      Tensor weights = t.workspace(DataType.FLOAT32, Shape.of(Math.toIntExact(kept)));
      kernels.attention(shape, input(t, q, k, v), t.value(out), t.value(weights));
      t.record(out, dOut -> backward(t, shape, q, k, v, t.value(weights), dOut), q, k, v, weights);
    }
    return out;
  }

  private static void backward(
      Recorder t,
      AttentionShape shape,
      Tensor q,
      Tensor k,
      Tensor v,
      @Nullable Buffer weights,
      Buffer dOut) {
    Buffer dq = t.scratch(q.type(), q.shape());
    Buffer dk = t.scratch(k.type(), k.shape());
    Buffer dv = t.scratch(v.type(), v.shape());
    AttentionInput gradients = new AttentionInput(dq, dk, dv);
    t.kernels().attentionBackward(shape, input(t, q, k, v), dOut, gradients, weights);
    t.contribute(q, dq);
    t.contribute(k, dk);
    t.contribute(v, dv);
  }

  private static AttentionInput input(Recorder t, Tensor q, Tensor k, Tensor v) {
    return new AttentionInput(t.value(q), t.value(k), t.value(v));
  }
}
