package org.peft4j.kernel;

import org.nd4j.linalg.api.ndarray.INDArray;

/** An array that memory is borrowed from; a type of its own, which is there where ND4J is not. */
record Nd4jOwner(INDArray array) {

  boolean isClosed() {
    return array.wasClosed();
  }
}
