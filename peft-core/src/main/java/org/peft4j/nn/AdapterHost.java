package org.peft4j.nn;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapter.AdapterSite;
import org.peft4j.adapter.Trainable;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Kernels;

/** A layer that adapters can work on. */
public interface AdapterHost extends Module {

  SiteKind kind();

  /** The pretrained matrix: [out, in] of a linear layer, [tokens, width] of an embedding. */
  Parameter weight();

  /** Builds the adapter that {@code config} describes for this kind of layer. */
  Trainable create(AdapterConfig config, AdapterSite site);

  /**
   * From now on computes through these adapters, each seeing the ones before it as its base; none
   * means the plain layer.
   */
  void use(List<Trainable> adapters);

  /**
   * From now on sends each sequence of a batch through its own adapters.
   *
   * @param chains lists of adapters as in {@link #use}
   * @param assignment for each sequence of the batches to come, the number of its list
   */
  void mix(List<List<Trainable>> chains, List<Integer> assignment);

  /**
   * The parameters of a plain layer that computes what this one computes with its adapters in use.
   */
  Map<String, Buffer> merged(Kernels kernels);

  /** What the layer asks whether the calling thread may compute with its adapters. */
  default Optional<ThreadGuard> guard() {
    return Optional.empty();
  }

  /** Makes the layer ask {@code guard} from now on. */
  default void guard(ThreadGuard guard) {}
}
