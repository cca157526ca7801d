package org.peft4j.init;

import org.peft4j.initializer.Initializer;

/** CorDA's other mode, which trains the smallest components. */
class CordaKnowledgePreservedTest implements StartContract {

  @Override
  public Initializer start() {
    return new CordaStart().in(CordaStart.Mode.KPM);
  }
}
