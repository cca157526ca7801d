package org.peft4j.nn;

import java.util.Map;

/** A part of a model: named children and named parameters, in a fixed order. */
public interface Module {

  /** The direct children by name; names are Hugging Face's. */
  default Map<String, Module> children() {
    return Map.of();
  }

  /** The parameters held directly, by name. */
  default Map<String, Parameter> parameters() {
    return Map.of();
  }
}
