package org.peft4j.kernel.plain;

import java.util.Set;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.KernelSet;
import org.peft4j.kernel.Kernels;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Plain Java. Chosen by itself for float64 alone, and there after all others: in the types that
 * models are trained in it is so much slower than what they are meant to run on that it has to be
 * named.
 */
public final class PlainKernelSet implements KernelSet {

  private static final Logger LOG = LoggerFactory.getLogger(PlainKernelSet.class);

  @Override
  public String name() {
    return PlainKernels.NAME;
  }

  @Override
  public Set<DataType> types() {
    return Set.of(DataType.FLOAT32, DataType.FLOAT64, DataType.BFLOAT16);
  }

  @Override
  public Set<DataType> chosenFor() {
    return Set.of(DataType.FLOAT64);
  }

  @Override
  public int preference() {
    return -100;
  }

  @Override
  public Kernels kernels(DataType type) {
    LOG.warn(
        "computing in {} with the plain kernels, which take many times as long as oneDNN or ND4J",
        type);
    return new PlainKernels();
  }
}
