package org.peft4j.nn;

import java.util.List;
import java.util.Map;

/**
 * Modules that go by their numbers, as the layers of a model do.
 *
 * @param modules of which the first is number 0
 */
public record ModuleList(List<? extends Module> modules) implements Module {

  @Override
  public Map<String, Module> children() {
    Children children = new Children();
    for (int i = 0; i < modules.size(); i++) {
      children.and(Integer.toString(i), modules.get(i));
    }
    return children.map();
  }
}
