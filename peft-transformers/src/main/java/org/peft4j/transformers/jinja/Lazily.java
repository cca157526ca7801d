package org.peft4j.transformers.jinja;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** Values that are made of others when they are asked for. */
final class Lazily {

  private Lazily() {}

  static Iterator<Object> map(Iterator<Object> values, UnaryOperator<Object> function) {
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return values.hasNext();
      }

      @Override
      public Object next() {
        return function.apply(values.next());
      }
    };
  }

  static Iterator<Object> select(
      Iterator<Object> values, Predicate<Object> condition, Budget budget) {
    return new Iterator<>() {
      private Optional<Object> found = Optional.empty();

      @Override
      public boolean hasNext() {
        while (found.isEmpty() && values.hasNext()) {
          budget.step();
          Object value = values.next();
          found = condition.test(value) ? Optional.of(value) : Optional.empty();
        }
        return found.isPresent();
      }

      @Override
      public Object next() {
        if (!hasNext()) {
          throw new NoSuchElementException();
        }
        Object value = found.orElseThrow();
        found = Optional.empty();
        return value;
      }
    };
  }
}
