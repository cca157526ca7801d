package org.peft4j.benchmarks.peer;

import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * PEFT's {@code AdaLoraModel.forward} and {@code RankAllocator}: the penalty on A and B, and after
 * each update the importance of all numbers and the choice of triplets, with the defaults {@code
 * tinit = tfinal = 0, deltaT = 1, beta1 = beta2 = 0.85, orth_reg_weight = 0.5}.
 */
final class PeerRanks implements PeerHook {

  private static final double BETA = 0.85;
  private static final double WEIGHT = 0.5;

  private final List<Importance> layers;
  private final int initial;
  private final int target;
  private final int steps;

  /**
   * @param initial number of triplets at first, over all layers
   * @param target likewise at the end
   */
  PeerRanks(List<PeerAdaLora.Triplets> layers, int initial, int target, int steps) {
    this.layers = layers.stream().map(Importance::of).toList();
    this.initial = initial;
    this.target = target;
    this.steps = steps;
  }

  @Override
  public Tensor penalised(Tensor loss) {
    Tensor sum = torch.zeros(1).squeeze();
    for (Importance layer : layers) {
      sum = sum.add(layer.triplets().skew());
    }
    return loss.add(Torch.times(sum, WEIGHT / (2 * layers.size())));
  }

  @Override
  @SuppressWarnings("try")
  public void afterStep(int step) {
    try (PointerScope handles = new PointerScope();
        NoGradGuard without = new NoGradGuard()) {
      layers.forEach(Importance::observe);
      keep(budget(step));
    }
  }

  private int budget(int step) {
    double left = 1 - (double) step / steps;
    return (int) ((initial - target) * left * left * left + target);
  }

  private void keep(int budget) {
    Tensor[] scores = layers.stream().map(Importance::scores).toArray(Tensor[]::new);
    Tensor all = torch.cat(new TensorVector(scores), 0);
    double threshold = torch.kthvalue(all, initial - budget).get0().item_float();
    for (int i = 0; i < scores.length; i++) {
      Tensor dropped = scores[i].le(new Scalar(threshold)).view(-1, 1);
      layers.get(i).triplets().e().masked_fill_(dropped, new Scalar(0));
    }
  }

  private record Importance(
      PeerAdaLora.Triplets triplets, Sensitivity a, Sensitivity e, Sensitivity b) {

    static Importance of(PeerAdaLora.Triplets triplets) {
      return new Importance(
          triplets,
          Sensitivity.of(triplets.a()),
          Sensitivity.of(triplets.e()),
          Sensitivity.of(triplets.b()));
    }

    void observe() {
      a.observe();
      e.observe();
      b.observe();
    }

    /** [rank]: of each triplet the entry of E and the means of A's row and B's column. */
    Tensor scores() {
      return e.score().view(-1).add(a.score().mean(1)).add(b.score().mean(0));
    }
  }

  private record Sensitivity(Tensor tensor, Tensor smooth, Tensor uncertainty) {

    static Sensitivity of(Tensor tensor) {
      return new Sensitivity(tensor, torch.zeros_like(tensor), torch.zeros_like(tensor));
    }

    @SuppressWarnings("try")
    void observe() {
      try (PointerScope handles = new PointerScope()) {
        Tensor now = tensor.mul(tensor.grad()).abs();
        smooth.mul_(new Scalar(BETA)).add_(Torch.times(now, 1 - BETA));
        Tensor apart = now.sub(smooth).abs();
        uncertainty.mul_(new Scalar(BETA)).add_(Torch.times(apart, 1 - BETA));
      }
    }

    Tensor score() {
      return smooth.mul(uncertainty);
    }
  }
}
