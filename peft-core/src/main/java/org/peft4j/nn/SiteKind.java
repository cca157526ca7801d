package org.peft4j.nn;

/** The kinds of layer an adapter can work on. */
public enum SiteKind {
  LINEAR,
  EMBEDDING
}
