package org.peft4j.examples;

import org.peft4j.adapter.AdapterConfig;
import org.peft4j.testkit.AdapterContract;

/** The method of the example keeps what every method keeps. */
class OwnMethodTest implements AdapterContract {

  @Override
  public AdapterConfig config() {
    return new OwnMethod.ScaledOutputs();
  }
}
