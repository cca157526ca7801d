package org.peft4j.transformers.jinja;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What {@code value.name} and {@code value[key]} stand for, within Jinja2's sandbox: nothing can be
 * changed, and nothing is reached through names that begin with an underscore.
 */
record Attributes(Budget budget) {

  private static final Set<String> LIST_CHANGES =
      Set.of("append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove");

  private static final Set<String> DICT_CHANGES =
      Set.of("clear", "pop", "popitem", "setdefault", "update");

  private static final Set<String> UNUSED =
      Set.of(
          "real",
          "imag",
          "numerator",
          "denominator",
          "conjugate",
          "bit_length",
          "bit_count",
          "to_bytes",
          "from_bytes",
          "as_integer_ratio",
          "is_integer",
          "hex",
          "fromhex",
          "isdisjoint",
          "mapping",
          "fromkeys",
          "send",
          "throw",
          "close");

  /** An attribute before an item, as a dot asks for them. */
  Object attribute(Object owner, String name) {
    return own(owner, name).or(() -> itemOnly(owner, name)).orElseGet(() -> missing(owner, name));
  }

  /** An item before an attribute, as brackets ask for them. */
  Object item(Object owner, Object key) {
    Optional<Object> found = itemOnly(owner, key);
    if (found.isEmpty() && Types.isText(key)) {
      found = own(owner, Types.letters(key));
    }
    return found.orElseGet(() -> missing(owner, key));
  }

  private static Object missing(Object owner, Object name) {
    return Undefined.missing(owner, name);
  }

  private Optional<Object> own(Object owner, String name) {
    if (owner instanceof Undefined undefined) {
      throw undefined.failure();
    }
    if (name.startsWith("__") && name.endsWith("__")) {
      return Optional.of(Undefined.unsafe(owner, name));
    }
    if (Types.isText(owner)) {
      return StringMethods.find(owner, name);
    }
    if (owner instanceof PyDict dict) {
      return DICT_CHANGES.contains(name)
          ? Optional.of(Undefined.unsafe(owner, name))
          : DictMethods.find(dict, name);
    }
    if (owner instanceof PyList list) {
      return LIST_CHANGES.contains(name)
          ? Optional.of(Undefined.unsafe(owner, name))
          : ListMethods.find(list.items(), true, name);
    }
    return ownRare(owner, name);
  }

  private static Optional<Object> ownRare(Object owner, String name) {
    if (owner instanceof Namespace namespace) {
      return name.startsWith("_") && namespace.attributes().containsKey(name)
          ? Optional.of(Undefined.unsafe(owner, name))
          : Optional.ofNullable(namespace.attributes().get(name));
    }
    if (owner instanceof LoopContext loop) {
      return loop.attribute(name);
    }
    if (owner instanceof PyTuple tuple) {
      int named = tuple.names().indexOf(name);
      return named >= 0
          ? Optional.of(tuple.items().get(named))
          : ListMethods.find(tuple.items(), false, name);
    }
    if (owner instanceof Macro macro) {
      return macro.attribute(name);
    }
    if (owner instanceof Cycler cycler) {
      return cycler.attribute(name);
    }
    if (owner instanceof PyRange range) {
      return rangePart(range, name);
    }
    if (UNUSED.contains(name)) {
      throw JinjaException.unsupported("." + name + " of " + Types.name(owner));
    }
    return Optional.empty();
  }

  private static Optional<Object> rangePart(PyRange range, String name) {
    return switch (name) {
      case "start" -> Optional.of(range.start());
      case "stop" -> Optional.of(range.stop());
      case "step" -> Optional.of(range.step());
      case "count", "index" -> throw JinjaException.unsupported("range." + name);
      default -> Optional.empty();
    };
  }

  private Optional<Object> itemOnly(Object owner, Object key) {
    if (owner instanceof Undefined undefined) {
      throw undefined.failure();
    }
    if (owner instanceof PyDict dict) {
      return key instanceof PyList || key instanceof PyDict ? Optional.empty() : dict.get(key);
    }
    if (!Numbers.isInteger(key)) {
      return Optional.empty();
    }
    return at(owner, Numbers.integer(key));
  }

  private Optional<Object> at(Object owner, BigInteger key) {
    boolean indexed =
        Types.isText(owner)
            || owner instanceof PyList
            || owner instanceof PyTuple
            || owner instanceof PyRange;
    if (!indexed) {
      return Optional.empty();
    }
    int size = size(owner);
    int index = Numbers.clamped(key.signum() < 0 ? key.add(BigInteger.valueOf(size)) : key);
    return index < 0 || index >= size ? Optional.empty() : Optional.of(get(owner, index));
  }

  private int size(Object owner) {
    if (Types.isText(owner)) {
      budget.steps(Types.letters(owner).length() / 64);
    }
    return Types.size(owner).orElseThrow();
  }

  private static Object get(Object owner, int index) {
    if (Types.isText(owner)) {
      return Types.alike(owner, PythonText.substring(Types.letters(owner), index, index + 1));
    }
    return owner instanceof PyRange range ? range.get(index) : Types.items(owner).get(index);
  }

  Object slice(Object owner, Object start, Object stop, Object step) {
    if (owner instanceof Undefined undefined) {
      throw undefined.failure();
    }
    boolean sliced =
        Types.isText(owner)
            || owner instanceof PyList
            || owner instanceof PyTuple
            || owner instanceof PyRange;
    if (!sliced) {
      throw JinjaException.type("'" + Types.name(owner) + "' object cannot be sliced");
    }
    SliceRange range =
        SliceRange.of(size(owner), start, stop, step)
            .orElseThrow(() -> JinjaException.type("slice indices must be integers or none"));
    budget.room(range.count());
    if (Types.isText(owner)) {
      return Types.alike(owner, range.of(Types.letters(owner)));
    }
    if (owner instanceof PyRange numbers) {
      return new PyRange(
          numbers.get(range.start()),
          numbers.start().add(numbers.step().multiply(BigInteger.valueOf(range.end()))),
          numbers.step().multiply(BigInteger.valueOf(range.step())),
          range.count());
    }
    List<Object> items = new ArrayList<>();
    budget.list(range.count());
    for (int i = 0; i < range.count(); i++) {
      items.add(Types.items(owner).get(range.index(i)));
    }
    return owner instanceof PyList ? PyList.of(items) : PyTuple.of(items);
  }
}
