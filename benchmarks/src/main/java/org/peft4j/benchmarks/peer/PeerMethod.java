package org.peft4j.benchmarks.peer;

import java.util.Collection;

/** A method as Hugging Face PEFT has it. */
public interface PeerMethod {

  /** Its adapter for one layer. */
  PeerAdapter adapter(PeerSite site);

  /** What it does beside the update of each step. */
  default PeerHook hook(Collection<PeerAdapter> adapters) {
    return PeerHook.NONE;
  }
}
