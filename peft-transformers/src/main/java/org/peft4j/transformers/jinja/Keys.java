package org.peft4j.transformers.jinja;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** What filters take out of each value: an attribute, or one within another, as {@code a.b.0}. */
record Keys(Evaluator evaluator) {

  /**
   * @param standIn what takes the place of an attribute that is not there
   */
  UnaryOperator<Object> attribute(Object attribute, Optional<Object> standIn) {
    List<Object> path = path(attribute);
    return value -> {
      Object item = value;
      for (Object part : path) {
        item = evaluator.attributes().item(item, part);
        if (item instanceof Undefined && standIn.isPresent()) {
          item = standIn.get();
        }
      }
      return item;
    };
  }

  UnaryOperator<Object> attribute(Object attribute) {
    return attribute(attribute, Optional.empty());
  }

  /** By one attribute or, after commas, several, without regard to case unless told so. */
  UnaryOperator<Object> order(Object attribute, boolean caseSensitive) {
    List<UnaryOperator<Object>> parts = new ArrayList<>();
    if (Types.isText(attribute)) {
      for (String part : Types.letters(attribute).split(",", -1)) {
        parts.add(attribute(part));
      }
    } else {
      parts.add(attribute(attribute));
    }
    return value -> {
      List<Object> keys = new ArrayList<>();
      for (UnaryOperator<Object> part : parts) {
        Object key = part.apply(value);
        keys.add(caseSensitive ? key : withoutCase(key));
      }
      return PyList.of(keys);
    };
  }

  Object withoutCase(Object value) {
    if (Types.isText(value)) {
      evaluator.budget().room(Types.letters(value).length());
    }
    return Types.isText(value) ? PythonText.lower(Types.letters(value)) : value;
  }

  private static List<Object> path(Object attribute) {
    if (attribute == None.NONE) {
      return List.of();
    }
    if (!Types.isText(attribute)) {
      return List.of(attribute);
    }
    List<Object> path = new ArrayList<>();
    for (String part : Types.letters(attribute).split("\\.", -1)) {
      boolean number =
          !part.isEmpty()
              && part.length() < 10
              && part.chars().allMatch(letter -> letter >= '0' && letter <= '9');
      path.add(number ? new BigInteger(part) : part);
    }
    return path;
  }
}
