package org.peft4j.transformers.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.peft4j.transformers.jinja.Expr.CallArguments;
import org.peft4j.transformers.jinja.Token.Kind;

/** Reads literals, names and what is hung on them: attributes, items, calls, filters, tests. */
final class PrimaryParser {

  private static final int LONGEST_CHAIN = 200;
  private static final Set<String> NO_ARGUMENT = Set.of("else", "or", "and");

  private final Tokens tokens;
  private final ExprParser expressions;

  PrimaryParser(Tokens tokens, ExprParser expressions) {
    this.tokens = tokens;
    this.expressions = expressions;
  }

  Expr primary() {
    Token token = tokens.current();
    switch (token.kind()) {
      case NAME:
        return name(tokens.take());
      case STRING:
        return new Expr.Const(strings(), token.place());
      case INTEGER:
      case FLOAT:
        return new Expr.Const(ExprParser.number(tokens.take()), token.place());
      default:
        return bracketed(token);
    }
  }

  private Expr bracketed(Token token) {
    if (tokens.takeOperator("(")) {
      Expr inner = expressions.tuple(true, true);
      tokens.expectOperator(")");
      return inner;
    }
    if (tokens.takeOperator("[")) {
      return new Expr.ListOf(items(), token.place());
    }
    if (tokens.takeOperator("{")) {
      return new Expr.DictOf(pairs(), token.place());
    }
    throw tokens.unexpected("a value");
  }

  private static Expr name(Token token) {
    return switch (token.text()) {
      case "true", "True" -> new Expr.Const(true, token.place());
      case "false", "False" -> new Expr.Const(false, token.place());
      case "none", "None" -> new Expr.Const(None.NONE, token.place());
      case "self", "super" ->
          throw JinjaException.unsupported("'" + token.text() + "', of inherited templates,")
              .at(token.place());
      default -> new Expr.Name(token.text(), token.place());
    };
  }

  private String strings() {
    StringBuilder text = new StringBuilder();
    while (tokens.current().is(Kind.STRING)) {
      text.append(tokens.take().text());
    }
    return text.toString();
  }

  private List<Expr> items() {
    List<Expr> items = new ArrayList<>();
    while (!tokens.takeOperator("]")) {
      if (!items.isEmpty()) {
        tokens.expectOperator(",");
        if (tokens.takeOperator("]")) {
          break;
        }
      }
      items.add(expressions.expression());
    }
    return items;
  }

  private List<Expr.Pair> pairs() {
    List<Expr.Pair> pairs = new ArrayList<>();
    while (!tokens.takeOperator("}")) {
      if (!pairs.isEmpty()) {
        tokens.expectOperator(",");
        if (tokens.takeOperator("}")) {
          break;
        }
      }
      Expr key = expressions.expression();
      tokens.expectOperator(":");
      pairs.add(new Expr.Pair(key, expressions.expression()));
    }
    return pairs;
  }

  Expr postfixed(Expr start) {
    Expr value = start;
    for (int chain = 0; true; chain++) {
      Token token = tokens.current();
      requireShort(chain, token);
      if (tokens.takeOperator(".")) {
        value = attribute(value, token.place());
      } else if (tokens.takeOperator("[")) {
        value = new Expr.Item(value, subscript(token.place()), token.place());
      } else if (token.isOperator("(")) {
        value = new Expr.Call(value, arguments(), token.place());
      } else {
        return value;
      }
    }
  }

  private Expr attribute(Expr owner, Place place) {
    Token name = tokens.take();
    if (name.is(Kind.NAME)) {
      return new Expr.Attribute(owner, name.text(), place);
    }
    if (name.is(Kind.INTEGER)) {
      return new Expr.Item(owner, new Expr.Const(ExprParser.number(name), name.place()), place);
    }
    throw JinjaException.syntax("expected a name or number after '.'", name.place());
  }

  private Expr subscript(Place place) {
    List<Expr> keys = new ArrayList<>();
    while (!tokens.takeOperator("]")) {
      if (!keys.isEmpty()) {
        tokens.expectOperator(",");
      }
      keys.add(sliceOrKey());
    }
    return keys.size() == 1 ? keys.get(0) : new Expr.TupleOf(keys, place);
  }

  private Expr sliceOrKey() {
    Place place = tokens.current().place();
    Optional<Expr> start = Optional.empty();
    if (!tokens.current().isOperator(":")) {
      Expr key = expressions.expression();
      if (!tokens.current().isOperator(":")) {
        return key;
      }
      start = Optional.of(key);
    }
    tokens.expectOperator(":");
    Optional<Expr> stop = bound();
    Optional<Expr> step = tokens.takeOperator(":") ? bound() : Optional.empty();
    return new Expr.Slice(start, stop, step, place);
  }

  private Optional<Expr> bound() {
    Token token = tokens.current();
    boolean none = token.isOperator(":") || token.isOperator("]") || token.isOperator(",");
    return none ? Optional.empty() : Optional.of(expressions.expression());
  }

  Expr filtered(Expr start) {
    Expr value = start;
    for (int chain = 0; true; chain++) {
      Token token = tokens.current();
      requireShort(chain, token);
      if (tokens.takeOperator("|")) {
        value = filter(Optional.of(value));
      } else if (tokens.takeName("is")) {
        value = test(value, token.place());
      } else if (token.isOperator("(")) {
        value = new Expr.Call(value, arguments(), token.place());
      } else {
        return value;
      }
    }
  }

  /** The filters of a block, which its text goes through. */
  Expr filters(boolean piped) {
    if (piped) {
      tokens.expectOperator("|");
    }
    Expr value = filter(Optional.empty());
    for (int chain = 0; tokens.takeOperator("|"); chain++) {
      requireShort(chain, tokens.current());
      value = filter(Optional.of(value));
    }
    return value;
  }

  private Expr filter(Optional<Expr> value) {
    Token name = tokens.expect(Kind.NAME, "a filter's name");
    if (!Filters.has(dotted(name))) {
      throw JinjaException.syntax("there is no filter '" + name.text() + "' here", name.place());
    }
    CallArguments arguments = tokens.current().isOperator("(") ? arguments() : CallArguments.NONE;
    return new Expr.Filtered(value, name.text(), arguments, name.place());
  }

  private String dotted(Token name) {
    if (tokens.current().isOperator(".")) {
      throw JinjaException.syntax("there is no filter '" + name.text() + ".' here", name.place());
    }
    return name.text();
  }

  private Expr test(Expr value, Place place) {
    boolean negated = tokens.takeName("not");
    Token name = tokens.expect(Kind.NAME, "a test's name");
    if (!Tests.has(name.text())) {
      throw JinjaException.syntax("there is no test '" + name.text() + "' here", name.place());
    }
    Expr test = new Expr.Tested(value, name.text(), testArguments(), place);
    return negated ? new Expr.Not(test, place) : test;
  }

  private CallArguments testArguments() {
    Token token = tokens.current();
    if (token.isOperator("(")) {
      return arguments();
    }
    boolean one =
        token.is(Kind.NAME) && !NO_ARGUMENT.contains(token.text())
            || token.is(Kind.STRING)
            || token.is(Kind.INTEGER)
            || token.is(Kind.FLOAT)
            || token.isOperator("[")
            || token.isOperator("{");
    if (!one) {
      return CallArguments.NONE;
    }
    if (token.isName("is")) {
      throw JinjaException.syntax("tests cannot follow one another", token.place());
    }
    List<Expr> argument = List.of(postfixed(primary()));
    return new CallArguments(argument, Map.of(), Optional.empty(), Optional.empty());
  }

  CallArguments arguments() {
    tokens.enter();
    tokens.expectOperator("(");
    List<Expr> positional = new ArrayList<>();
    Map<String, Expr> named = new LinkedHashMap<>();
    Optional<Expr> spread = Optional.empty();
    Optional<Expr> spreadNamed = Optional.empty();
    boolean first = true;
    while (!tokens.takeOperator(")")) {
      if (!first) {
        tokens.expectOperator(",");
        if (tokens.takeOperator(")")) {
          break;
        }
      }
      first = false;
      Token token = tokens.current();
      if (tokens.takeOperator("*")) {
        require(spread.isEmpty() && spreadNamed.isEmpty(), token);
        spread = Optional.of(expressions.expression());
      } else if (tokens.takeOperator("**")) {
        require(spreadNamed.isEmpty(), token);
        spreadNamed = Optional.of(expressions.expression());
      } else if (token.is(Kind.NAME) && tokens.after().isOperator("=")) {
        require(spreadNamed.isEmpty() && !named.containsKey(token.text()), token);
        tokens.take();
        tokens.take();
        named.put(token.text(), expressions.expression());
      } else {
        require(spread.isEmpty() && spreadNamed.isEmpty() && named.isEmpty(), token);
        positional.add(expressions.expression());
      }
    }
    tokens.leave();
    return new CallArguments(positional, named, spread, spreadNamed);
  }

  private static void require(boolean sound, Token token) {
    if (!sound) {
      throw JinjaException.syntax("this argument cannot stand here", token.place());
    }
  }

  private static void requireShort(int chain, Token token) {
    if (chain > LONGEST_CHAIN) {
      throw new JinjaException(
              JinjaException.LIMIT,
              "an expression has more than %d links in a row".formatted(LONGEST_CHAIN))
          .at(token.place());
    }
  }
}
