package org.peft4j.nn;

import java.util.Map;
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

  /** The parameters of a plain layer that computes what this one computes with {@code active}. */
  Map<String, Buffer> merged(Kernels kernels, ActiveAdapters active);
}
