package org.peft4j.nn;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** Builds the ordered map of a module's children. */
public final class Children {

  private final Map<String, Module> children = new LinkedHashMap<>();

  /** Puts {@code module} after those that are there. */
  public Children and(String name, Module module) {
    children.put(name, module);
    return this;
  }

  /** The children, in the order in which they came; not to be changed. */
  public Map<String, Module> map() {
    return Collections.unmodifiableMap(children);
  }
}
