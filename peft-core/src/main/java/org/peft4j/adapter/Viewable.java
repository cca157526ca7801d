package org.peft4j.adapter;

import java.util.Map;

/** An adapter of which more can be read than its trained tensors say by themselves. */
public interface Viewable extends Trainable {

  /** Numbers that follow from the trained ones, by name; to look at, not to write to. */
  Map<String, double[]> views();
}
