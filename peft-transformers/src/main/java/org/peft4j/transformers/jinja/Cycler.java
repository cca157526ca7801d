package org.peft4j.transformers.jinja;

import java.util.List;
import java.util.Optional;

/** What {@code cycler()} gives: its items in turn. */
final class Cycler {

  private final List<Object> items;
  private int position;

  Cycler(List<Object> items) {
    this.items = items;
  }

  Optional<Object> attribute(String name) {
    return switch (name) {
      case "current" -> Optional.of(items.get(position));
      case "next" -> Optional.of((Function) (evaluator, arguments) -> next());
      case "reset" -> Optional.of((Function) (evaluator, arguments) -> reset());
      case "items" -> Optional.of(PyTuple.of(items));
      case "pos" -> throw JinjaException.unsupported("cycler.pos");
      default -> Optional.empty();
    };
  }

  private Object next() {
    Object item = items.get(position);
    position = (position + 1) % items.size();
    return item;
  }

  private Object reset() {
    position = 0;
    return None.NONE;
  }
}
