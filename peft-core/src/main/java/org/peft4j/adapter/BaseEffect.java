package org.peft4j.adapter;

/** What an initializer that a file names did to the base, which the adapter then belongs to. */
public enum BaseEffect {
  /** Nothing: the adapter began with an update of zero. */
  NONE,
  /** It took the adapter's first update out of the base. */
  MOVED,
  /** It quantised the base. */
  QUANTISED
}
