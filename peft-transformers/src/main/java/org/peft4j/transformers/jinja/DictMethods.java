package org.peft4j.transformers.jinja;

import java.util.Optional;

/** The methods of Python's dicts that change nothing. */
final class DictMethods {

  private DictMethods() {}

  static Optional<Object> find(PyDict dict, String name) {
    return switch (name) {
      case "keys" -> view(dict, name, DictView.Kind.KEYS);
      case "values" -> view(dict, name, DictView.Kind.VALUES);
      case "items" -> view(dict, name, DictView.Kind.ITEMS);
      case "get" -> Optional.of((Function) (evaluator, arguments) -> get(dict, arguments));
      case "copy" ->
          Optional.of(
              (Function)
                  (evaluator, arguments) -> {
                    arguments.as("copy");
                    return dict;
                  });
      case "fromkeys" -> throw JinjaException.unsupported("dict.fromkeys");
      default -> Optional.empty();
    };
  }

  private static Optional<Object> view(PyDict dict, String name, DictView.Kind kind) {
    return Optional.of(
        (Function)
            (evaluator, arguments) -> {
              arguments.as(name);
              return new DictView(dict, kind);
            });
  }

  private static Object get(PyDict dict, Arguments arguments) {
    Parameters given =
        new Arguments(arguments.only("dict.get"), java.util.Map.of())
            .as("dict.get", "key", "default");
    return dict.get(given.get("key")).orElseGet(() -> given.get("default", None.NONE));
  }
}
