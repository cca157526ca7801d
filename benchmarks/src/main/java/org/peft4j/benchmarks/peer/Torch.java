package org.peft4j.benchmarks.peer;

import static org.bytedeco.pytorch.global.torch.ScalarType;

import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;

/** What libtorch is called with. */
final class Torch {

  private Torch() {}

  /**
   * Frees the Java handles of all tensors that {@code body} makes but of its result, as Python does
   * when a function returns; what autograd needs stays.
   */
  @SuppressWarnings("try")
  static Tensor scoped(Supplier<Tensor> body) {
    PointerScope outer = PointerScope.getInnerScope();
    try (PointerScope inner = new PointerScope()) {
      Tensor result = body.get();
      if (outer == null) {
        result.retainReference();
      } else {
        outer.attach(result);
      }
      return result;
    }
  }

  /** A tensor of its own for {@code values}, which needs no gradient. */
  static Tensor constant(float[] values, ScalarType type, long... shape) {
    return scoped(() -> Tensor.create(values, shape).to(type));
  }

  /** A float32 tensor with a gradient. */
  static Tensor parameter(float[] values, long... shape) {
    return constant(values, ScalarType.Float, shape).set_requires_grad(true);
  }

  /** The numbers, widened to float. */
  static float[] floats(Tensor tensor) {
    Tensor plain = tensor.detach().to(ScalarType.Float).contiguous();
    float[] values = new float[Math.toIntExact(plain.numel())];
    plain.data_ptr_float().get(values);
    return values;
  }

  /** {@code x} times a number. */
  static Tensor times(Tensor x, double factor) {
    return x.mul(new Scalar(factor));
  }

  /**
   * Runs {@code body} as under {@code with torch.autocast("cpu", torch.bfloat16)}: products and
   * attention in bfloat16, each trained matrix rounded once.
   */
  static Tensor autocast(Supplier<Tensor> body) {
    torch.set_autocast_enabled(DeviceType.CPU, true);
    torch.set_autocast_dtype(DeviceType.CPU, ScalarType.BFloat16);
    torch.set_autocast_cache_enabled(true);
    torch.increment_nesting();
    try {
      return body.get();
    } finally {
      if (torch.decrement_nesting() == 0) {
        torch.clear_cache();
      }
      torch.set_autocast_enabled(DeviceType.CPU, false);
    }
  }
}
