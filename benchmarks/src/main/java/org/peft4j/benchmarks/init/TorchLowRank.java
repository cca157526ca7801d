package org.peft4j.benchmarks.init;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.StringViewOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * {@code torch.svd_lowrank} of torch 2.10, which exists in Python alone, from the same ATen
 * operations in the same order: {@code Q = qr(A·R)} of a normal R, per round {@code Q = qr(Aᵀ·Q)}
 * and {@code Q = qr(A·Q)}, and the SVD of {@code Qᵀ·A}.
 */
final class TorchLowRank {

  private TorchLowRank() {}

  @SuppressWarnings("try") // The scope and the mode count while they are open.
  static Runnable on(float[] values, int size, int rank, int rounds) {
    Tensor a = Tensor.create(values, size, size);
    return () -> {
      try (PointerScope scope = new PointerScope();
          AutoGradMode none = new AutoGradMode(false)) {
        decompose(a, rank, rounds);
      }
    };
  }

  private static void decompose(Tensor a, int rank, int rounds) {
    Tensor at = a.t();
    Tensor q = orthonormal(torch.matmul(a, torch.randn(a.size(1), rank)));
    for (int i = 0; i < rounds; i++) {
      q = orthonormal(torch.matmul(at, q));
      q = orthonormal(torch.matmul(a, q));
    }
    Tensor b = torch.matmul(q.t(), a);
    Tensor u = torch.linalg_svd(b, false, new StringViewOptional()).get0();
    torch.matmul(q, u);
  }

  private static Tensor orthonormal(Tensor x) {
    return torch.linalg_qr(x).get0();
  }
}
