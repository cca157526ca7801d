package org.peft4j.transformers.jinja;

import java.util.List;
import org.peft4j.transformers.jinja.Token.Kind;

/** The tokens of a template, one after the other, and how deeply what is read is nested. */
final class Tokens {

  private static final int DEEPEST = 100;

  private final List<Token> tokens;
  private int next;
  private int depth;

  Tokens(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token current() {
    return tokens.get(next);
  }

  Token after() {
    return tokens.get(Math.min(next + 1, tokens.size() - 1));
  }

  Token take() {
    Token token = current();
    if (!token.is(Kind.EOF)) {
      next++;
    }
    return token;
  }

  boolean takeOperator(String symbol) {
    boolean found = current().isOperator(symbol);
    if (found) {
      next++;
    }
    return found;
  }

  boolean takeName(String name) {
    boolean found = current().isName(name);
    if (found) {
      next++;
    }
    return found;
  }

  void expectOperator(String symbol) {
    if (!takeOperator(symbol)) {
      throw unexpected("'" + symbol + "'");
    }
  }

  void expectName(String name) {
    if (!takeName(name)) {
      throw unexpected("'" + name + "'");
    }
  }

  Token expect(Kind kind, String wanted) {
    if (!current().is(kind)) {
      throw unexpected(wanted);
    }
    return take();
  }

  JinjaException unexpected(String wanted) {
    return JinjaException.syntax(
        "expected %s but found %s".formatted(wanted, current().described()), current().place());
  }

  void enter() {
    depth++;
    if (depth > DEEPEST) {
      throw new JinjaException(
              JinjaException.LIMIT, "the template is nested deeper than " + DEEPEST + " levels")
          .at(current().place());
    }
  }

  void leave() {
    depth--;
  }
}
