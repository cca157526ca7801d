package org.peft4j.transformers.jinja;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** An expression of a template. */
sealed interface Expr {

  Place place();

  record Const(Object value, Place place) implements Expr {}

  record Name(String name, Place place) implements Expr {}

  record ListOf(List<Expr> items, Place place) implements Expr {}

  record TupleOf(List<Expr> items, Place place) implements Expr {}

  record DictOf(List<Pair> pairs, Place place) implements Expr {}

  record Pair(Expr key, Expr value) {}

  record Conditional(Expr test, Expr then, Optional<Expr> otherwise, Place place) implements Expr {}

  record And(Expr left, Expr right, Place place) implements Expr {}

  record Or(Expr left, Expr right, Place place) implements Expr {}

  record Not(Expr operand, Place place) implements Expr {}

  record Compare(Expr first, List<Operand> rest, Place place) implements Expr {}

  record Operand(String operator, Expr value) {}

  record Binary(String operator, Expr left, Expr right, Place place) implements Expr {}

  record Signed(String sign, Expr operand, Place place) implements Expr {}

  record Concat(List<Expr> items, Place place) implements Expr {}

  record Attribute(Expr owner, String name, Place place) implements Expr {}

  record Item(Expr owner, Expr key, Place place) implements Expr {}

  record Slice(Optional<Expr> start, Optional<Expr> stop, Optional<Expr> step, Place place)
      implements Expr {}

  record Call(Expr function, CallArguments arguments, Place place) implements Expr {}

  /**
   * @param value what it is applied to; nothing at the start of a block's filters
   */
  record Filtered(Optional<Expr> value, String filter, CallArguments arguments, Place place)
      implements Expr {}

  record Tested(Expr value, String test, CallArguments arguments, Place place) implements Expr {}

  /** What stands between the brackets of a call. */
  record CallArguments(
      List<Expr> positional,
      Map<String, Expr> named,
      Optional<Expr> spread,
      Optional<Expr> spreadNamed) {

    static final CallArguments NONE =
        new CallArguments(List.of(), Map.of(), Optional.empty(), Optional.empty());
  }
}
