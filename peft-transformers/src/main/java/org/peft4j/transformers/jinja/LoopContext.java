package org.peft4j.transformers.jinja;

import java.math.BigInteger;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** What {@code loop} stands for within a loop. */
final class LoopContext {

  private final Object values;
  private final int depth0;
  private final Optional<Function> again;
  private final Budget budget;
  private Iterator<Object> iterator;
  private Optional<Object> after = Optional.empty();
  private Optional<Object> current = Optional.empty();
  private Optional<Object> before = Optional.empty();
  private List<Object> changed = List.of();
  private boolean asked;
  private int length = -1;
  private int index0 = -1;

  /**
   * @param again renders the loop's body for other values, if the loop is recursive
   */
  LoopContext(
      Object values,
      Iterator<Object> iterator,
      int depth0,
      Optional<Function> again,
      Budget budget) {
    this.values = values;
    this.iterator = iterator;
    this.depth0 = depth0;
    this.again = again;
    this.budget = budget;
  }

  boolean hasNext() {
    return after.isPresent() || iterator.hasNext();
  }

  Object next() {
    Object value = after.isPresent() ? after.get() : iterator.next();
    after = Optional.empty();
    before = current;
    current = Optional.of(value);
    index0++;
    return value;
  }

  int index0() {
    return index0;
  }

  int length() {
    if (length < 0) {
      OptionalInt size = Types.size(values);
      if (size.isPresent()) {
        length = size.getAsInt();
      } else {
        List<Object> rest = Conversions.list(Generator.of(List.of(), iterator), budget);
        iterator = rest.iterator();
        length = rest.size() + index0 + 1 + (after.isPresent() ? 1 : 0);
      }
    }
    return length;
  }

  private Optional<Object> peek() {
    if (after.isEmpty() && iterator.hasNext()) {
      after = Optional.of(iterator.next());
    }
    return after;
  }

  /** One of its attributes, if it has such a one. */
  Optional<Object> attribute(String name) {
    Object value =
        switch (name) {
          case "index" -> number(index0 + 1);
          case "index0" -> number(index0);
          case "revindex" -> number(length() - index0);
          case "revindex0" -> number(length() - index0 - 1);
          case "length" -> number(length());
          case "first" -> index0 == 0;
          case "last" -> peek().isEmpty();
          case "depth" -> number(depth0 + 1);
          case "depth0" -> number(depth0);
          case "previtem" ->
              index0 == 0 ? Undefined.because("there is no previous item") : before.orElseThrow();
          case "nextitem" -> peek().orElseGet(() -> Undefined.because("there is no next item"));
          case "cycle" -> (Function) this::cycle;
          case "changed" -> (Function) this::changed;
          default -> None.NONE;
        };
    return value == None.NONE && !name.equals("previtem") && !name.equals("nextitem")
        ? Optional.empty()
        : Optional.of(value);
  }

  private static BigInteger number(int value) {
    return BigInteger.valueOf(value);
  }

  private Object cycle(Evaluator evaluator, Arguments arguments) {
    List<Object> items = arguments.only("loop.cycle");
    if (items.isEmpty()) {
      throw JinjaException.type("no items for cycling given");
    }
    return items.get(index0 % items.size());
  }

  private Object changed(Evaluator evaluator, Arguments arguments) {
    List<Object> now = arguments.only("loop.changed");
    boolean same = asked && new Comparison(budget).equal(PyTuple.of(changed), PyTuple.of(now));
    asked = true;
    changed = now;
    return !same;
  }

  /** The loop's body for other values. */
  Object call(Evaluator evaluator, Arguments arguments) {
    if (again.isEmpty()) {
      throw JinjaException.type(
          "The loop must have the 'recursive' marker to be called recursively.");
    }
    return again.get().call(evaluator, arguments);
  }

  int depth0() {
    return depth0;
  }
}
