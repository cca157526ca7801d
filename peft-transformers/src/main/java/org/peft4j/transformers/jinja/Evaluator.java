package org.peft4j.transformers.jinja;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.peft4j.transformers.jinja.Expr.CallArguments;

/** Computes expressions. */
final class Evaluator {

  private final Budget budget;
  private final Interpreter interpreter;
  private final Comparison comparison;
  private final Arithmetic arithmetic;
  private final Attributes attributes;

  /** What was begun last, for the place of an error. */
  private Place place = new Place(1, 1);

  Evaluator(Budget budget, Interpreter interpreter) {
    this.budget = budget;
    this.interpreter = interpreter;
    this.comparison = new Comparison(budget);
    this.arithmetic = new Arithmetic(budget);
    this.attributes = new Attributes(budget);
  }

  Budget budget() {
    return budget;
  }

  Comparison comparison() {
    return comparison;
  }

  Arithmetic arithmetic() {
    return arithmetic;
  }

  Attributes attributes() {
    return attributes;
  }

  Place place() {
    return place;
  }

  void at(Place now) {
    place = now;
  }

  Set<String> hidden(List<Stmt> body) {
    return interpreter.hidden(body);
  }

  /** The text of a macro's body. */
  String render(List<Stmt> body, Scope scope) {
    return interpreter.textOf(body, scope);
  }

  Object value(Expr expression, Scope scope) {
    budget.enter();
    Object value = computed(expression, scope);
    budget.leave();
    return value;
  }

  boolean truth(Expr expression, Scope scope) {
    return Types.truth(value(expression, scope));
  }

  private Object computed(Expr expression, Scope scope) {
    if (expression instanceof Expr.Const constant) {
      return constant.value();
    }
    if (expression instanceof Expr.Name name) {
      return scope.get(name.name());
    }
    if (expression instanceof Expr.Attribute attribute) {
      Object owner = value(attribute.owner(), scope);
      place = attribute.place();
      return attributes.attribute(owner, attribute.name());
    }
    if (expression instanceof Expr.Item item) {
      return item(item, scope);
    }
    if (expression instanceof Expr.Compare compare) {
      return compared(compare, scope);
    }
    if (expression instanceof Expr.Call call) {
      Object function = value(call.function(), scope);
      Arguments arguments = arguments(call.arguments(), scope);
      place = call.place();
      return call(function, arguments);
    }
    if (expression instanceof Expr.Filtered filtered) {
      return filtered(filtered, filtered.value().map(value -> value(value, scope)), scope);
    }
    if (expression instanceof Expr.Tested tested) {
      Object value = value(tested.value(), scope);
      Arguments arguments = arguments(tested.arguments(), scope);
      place = tested.place();
      return Tests.holds(tested.test(), this, value, arguments);
    }
    return operator(expression, scope);
  }

  private Object operator(Expr expression, Scope scope) {
    if (expression instanceof Expr.Binary binary) {
      Object left = value(binary.left(), scope);
      Object right = value(binary.right(), scope);
      place = binary.place();
      return arithmetic.apply(binary.operator(), left, right);
    }
    if (expression instanceof Expr.And and) {
      Object left = value(and.left(), scope);
      return Types.truth(left) ? value(and.right(), scope) : left;
    }
    if (expression instanceof Expr.Or or) {
      Object left = value(or.left(), scope);
      return Types.truth(left) ? left : value(or.right(), scope);
    }
    if (expression instanceof Expr.Not not) {
      return !truth(not.operand(), scope);
    }
    if (expression instanceof Expr.Conditional conditional) {
      return conditional(conditional, scope);
    }
    if (expression instanceof Expr.Concat concat) {
      return concatenated(concat, scope);
    }
    if (expression instanceof Expr.Signed signed) {
      Object value = value(signed.operand(), scope);
      place = signed.place();
      return arithmetic.negated(value, signed.sign());
    }
    return literal(expression, scope);
  }

  private Object literal(Expr expression, Scope scope) {
    if (expression instanceof Expr.ListOf list) {
      return PyList.of(values(list.items(), scope));
    }
    if (expression instanceof Expr.TupleOf tuple) {
      return PyTuple.of(values(tuple.items(), scope));
    }
    if (expression instanceof Expr.DictOf dict) {
      PyDict.Builder built = new PyDict.Builder();
      budget.list(2L * dict.pairs().size());
      for (Expr.Pair pair : dict.pairs()) {
        Object key = value(pair.key(), scope);
        built.put(key, value(pair.value(), scope));
      }
      return built.build();
    }
    throw JinjaException.unsupported("a slice in a tuple").at(expression.place());
  }

  private List<Object> values(List<Expr> expressions, Scope scope) {
    budget.list(expressions.size());
    List<Object> values = new ArrayList<>();
    for (Expr expression : expressions) {
      values.add(value(expression, scope));
    }
    return values;
  }

  private Object conditional(Expr.Conditional conditional, Scope scope) {
    if (truth(conditional.test(), scope)) {
      return value(conditional.then(), scope);
    }
    Optional<Expr> otherwise = conditional.otherwise();
    return otherwise.isPresent()
        ? value(otherwise.get(), scope)
        : Undefined.because(
            "the inline if-expression evaluated to false and no else section was defined.");
  }

  private Object concatenated(Expr.Concat concat, Scope scope) {
    List<Object> items = values(concat.items(), scope);
    StringBuilder text = new StringBuilder();
    place = concat.place();
    for (Object item : items) {
      String more = text(item);
      budget.requireShort((long) text.length() + more.length());
      text.append(more);
    }
    budget.room(text.length());
    return text.toString();
  }

  /** A value's text, if it is not too long. */
  String text(Object value) {
    if (value instanceof String text) {
      return text;
    }
    if (!Types.isText(value)) {
      budget.room(Printing.size(value, budget));
    }
    return Printing.text(value);
  }

  private Object compared(Expr.Compare compare, Scope scope) {
    Object left = value(compare.first(), scope);
    boolean holds = true;
    for (Iterator<Expr.Operand> rest = compare.rest().iterator(); holds && rest.hasNext(); ) {
      Expr.Operand operand = rest.next();
      Object right = value(operand.value(), scope);
      place = compare.place();
      holds = comparison.holds(operand.operator(), left, right);
      left = right;
    }
    return holds;
  }

  private Object item(Expr.Item item, Scope scope) {
    Object owner = value(item.owner(), scope);
    if (item.key() instanceof Expr.Slice slice) {
      Object start = bound(slice.start(), scope);
      Object stop = bound(slice.stop(), scope);
      Object step = bound(slice.step(), scope);
      place = item.place();
      return attributes.slice(owner, start, stop, step);
    }
    Object key = value(item.key(), scope);
    place = item.place();
    return attributes.item(owner, key);
  }

  private Object bound(Optional<Expr> bound, Scope scope) {
    return bound.isPresent() ? value(bound.get(), scope) : None.NONE;
  }

  /** What a filter makes of a value that is already there. */
  Object filtered(Expr.Filtered filtered, Optional<Object> value, Scope scope) {
    Object subject = value.orElseThrow();
    Arguments arguments = arguments(filtered.arguments(), scope);
    place = filtered.place();
    return Filters.apply(filtered.filter(), this, subject, arguments);
  }

  /** What a block's filters make of its text. */
  Object filteredText(Expr filters, Object text, Scope scope) {
    Expr.Filtered filtered = (Expr.Filtered) filters;
    Object inner =
        filtered.value().isPresent() ? filteredText(filtered.value().get(), text, scope) : text;
    return filtered(filtered, Optional.of(inner), scope);
  }

  Arguments arguments(CallArguments written, Scope scope) {
    if (written == CallArguments.NONE) {
      return Arguments.NONE;
    }
    List<Object> positional = values(written.positional(), scope);
    Map<String, Object> named = new LinkedHashMap<>();
    written.named().forEach((name, value) -> named.put(name, value(value, scope)));
    if (written.spread().isPresent()) {
      positional.addAll(Conversions.list(value(written.spread().get(), scope), budget));
    }
    if (written.spreadNamed().isPresent()) {
      spread(value(written.spreadNamed().get(), scope), named);
    }
    return new Arguments(positional, named);
  }

  private static void spread(Object value, Map<String, Object> named) {
    if (!(value instanceof PyDict dict)) {
      throw JinjaException.type("argument after ** must be a mapping, not " + Types.name(value));
    }
    for (PyDict.Entry entry : dict.entries()) {
      if (!Types.isText(entry.key())) {
        throw JinjaException.type("keywords must be strings");
      }
      if (named.put(Types.letters(entry.key()), entry.value()) != null) {
        throw JinjaException.type("got multiple values for an argument");
      }
    }
  }

  Object call(Object function, Arguments arguments) {
    budget.enter();
    Object result;
    if (function instanceof Function callable) {
      result = callable.call(this, arguments);
    } else if (function instanceof LoopContext loop) {
      result = loop.call(this, arguments);
    } else if (function instanceof Undefined undefined) {
      throw undefined.failure();
    } else {
      throw JinjaException.type("'" + Types.name(function) + "' object is not callable");
    }
    budget.leave();
    return result;
  }
}
