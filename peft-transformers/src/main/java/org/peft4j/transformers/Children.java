package org.peft4j.transformers;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.peft4j.nn.Module;

/** Builds the ordered map of a module's children. */
final class Children {

  private final Map<String, Module> children = new LinkedHashMap<>();

  Children and(String name, Module module) {
    children.put(name, module);
    return this;
  }

  Map<String, Module> map() {
    return Collections.unmodifiableMap(children);
  }
}
