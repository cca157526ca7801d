package org.peft4j.transformers.llama;

import java.util.Set;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.KernelSet;
import org.peft4j.kernel.Kernels;
import org.peft4j.testkit.kernel.Link;
import org.peft4j.testkit.kernel.RemoteKernels;

/** An engine whose memory the host cannot read; it is chosen by name only. */
public final class RemoteKernelSet implements KernelSet {

  static final String NAME = "remote";

  static final Link LINK = new Link();

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Set<DataType> types() {
    return Set.of(DataType.FLOAT32, DataType.FLOAT64);
  }

  @Override
  public Set<DataType> chosenFor() {
    return Set.of();
  }

  @Override
  public int preference() {
    return -1000;
  }

  @Override
  public Kernels kernels(DataType type) {
    return RemoteKernels.over(LINK);
  }
}
