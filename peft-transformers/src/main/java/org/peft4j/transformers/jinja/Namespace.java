package org.peft4j.transformers.jinja;

import java.util.HashMap;
import java.util.Map;

/** What {@code namespace()} gives: the one value whose attributes a template sets. */
final class Namespace {

  private final Map<String, Object> attributes = new HashMap<>();

  Map<String, Object> attributes() {
    return attributes;
  }
}
