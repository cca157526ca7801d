package org.peft4j.adapter;

/** An adapter whose whole update can be weakened or strengthened. */
public interface Scalable extends Trainable {

  /** This adapter, on its own tensors, with an update {@code factor} times as large. */
  Trainable scaled(double factor);
}
