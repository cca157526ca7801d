package org.peft4j.transformers.jinja;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A macro, or what a {@code {% call %}} block hands over.
 *
 * @param name nothing for such a block
 * @param scope where it was made
 * @param reads which of {@code caller}, {@code varargs} and {@code kwargs} its body reads
 */
record Macro(String name, Stmt.Signature signature, List<Stmt> body, Scope scope, Set<String> reads)
    implements Function {

  private static final String CALLER = "caller";
  private static final String VARARGS = "varargs";
  private static final String KWARGS = "kwargs";

  @Override
  public Object call(Evaluator evaluator, Arguments arguments) {
    Set<String> unset = new HashSet<>(evaluator.hidden(body));
    unset.addAll(signature.names());
    Scope inner = scope.within(unset);
    Map<String, Object> named = new LinkedHashMap<>(arguments.named());
    List<Object> positional = arguments.positional();
    List<String> names = signature.names();
    Map<String, Object> given = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      Object value = i < positional.size() ? positional.get(i) : named.remove(names.get(i));
      if (value != null) {
        given.put(names.get(i), value);
      }
    }
    special(inner, named, positional);
    for (int i = 0; i < names.size(); i++) {
      Object value = given.get(names.get(i));
      inner.set(names.get(i), value == null ? usual(evaluator, inner, i) : value);
    }
    return evaluator.render(body, inner);
  }

  private Object usual(Evaluator evaluator, Scope inner, int index) {
    String name = signature.names().get(index);
    return signature
        .defaultOf(index)
        .map(expression -> evaluator.value(expression, inner))
        .orElseGet(() -> Undefined.because("parameter '" + name + "' was not provided"));
  }

  private void special(Scope inner, Map<String, Object> named, List<Object> positional) {
    int count = signature.names().size();
    boolean explicit = signature.names().contains(CALLER);
    if (reads.contains(CALLER) && !explicit) {
      Object caller = named.remove(CALLER);
      inner.set(CALLER, caller == null ? Undefined.because("No caller defined") : caller);
    }
    if (reads.contains(KWARGS)) {
      PyDict.Builder rest = new PyDict.Builder();
      named.forEach(rest::put);
      inner.set(KWARGS, rest.build());
    } else if (!named.isEmpty()) {
      throw JinjaException.type(
          "macro '%s' takes no keyword argument '%s'"
              .formatted(name, named.keySet().iterator().next()));
    }
    if (reads.contains(VARARGS)) {
      inner.set(
          VARARGS,
          PyTuple.of(positional.subList(Math.min(count, positional.size()), positional.size())));
    } else if (positional.size() > count) {
      throw JinjaException.type(
          "macro '%s' takes not more than %d argument(s)".formatted(name, count));
    }
  }

  /** One of its attributes, or none. */
  Optional<Object> attribute(String wanted) {
    return switch (wanted) {
      case "name" -> Optional.of(name.isEmpty() ? None.NONE : name);
      case "arguments" -> Optional.of(PyTuple.of(signature.names()));
      case "catch_kwargs" -> Optional.of(reads.contains(KWARGS));
      case "catch_varargs" -> Optional.of(reads.contains(VARARGS));
      case CALLER -> Optional.of(reads.contains(CALLER));
      default -> Optional.empty();
    };
  }
}
