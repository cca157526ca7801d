package org.peft4j.transformers.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What methods of a safe text do beyond those of a string: what joins it is escaped. */
final class MarkupArguments {

  private static final Set<String> PADDING = Set.of("center", "ljust", "rjust");

  private MarkupArguments() {}

  static Arguments of(String method, Arguments arguments) {
    List<Object> given = new ArrayList<>(arguments.positional());
    if (method.equals("join")) {
      throw JinjaException.unsupported("join of a text marked safe");
    }
    if ((PADDING.contains(method) || method.equals("replace")) && given.size() > 1) {
      Object joining = given.get(1);
      Types.requireText(joining, method);
      given.set(1, Markup.escape(joining).text());
    }
    return new Arguments(given, arguments.named());
  }

  /** Texts that a method of a safe text gives are safe, too. */
  static Object safe(Object result) {
    if (result instanceof String text) {
      return new Markup(text);
    }
    if (result instanceof PyList list) {
      return PyList.of(list.items().stream().map(MarkupArguments::safe).toList());
    }
    return result instanceof PyTuple tuple
        ? PyTuple.of(tuple.items().stream().map(MarkupArguments::safe).toList())
        : result;
  }
}
