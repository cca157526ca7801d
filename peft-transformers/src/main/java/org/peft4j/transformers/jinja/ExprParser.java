package org.peft4j.transformers.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.peft4j.transformers.jinja.Expr.Operand;
import org.peft4j.transformers.jinja.Token.Kind;

/** Reads expressions, from what binds least to what binds most. */
final class ExprParser {

  private static final Set<String> COMPARING = Set.of("==", "!=", "<", "<=", ">", ">=");

  /** How long a chain of operators may be: each link is a level when it is computed. */
  private static final int LONGEST_CHAIN = 200;

  private final Tokens tokens;
  private final PrimaryParser primaries;

  ExprParser(Tokens tokens) {
    this.tokens = tokens;
    this.primaries = new PrimaryParser(tokens, this);
  }

  PrimaryParser primaries() {
    return primaries;
  }

  Expr expression() {
    tokens.enter();
    Expr value = or();
    for (int chain = 0; tokens.current().isName("if"); chain++) {
      Place place = link(chain).place();
      Expr test = or();
      Optional<Expr> otherwise =
          tokens.takeName("else") ? Optional.of(expression()) : Optional.empty();
      value = new Expr.Conditional(test, value, otherwise, place);
    }
    tokens.leave();
    return value;
  }

  Expr or() {
    Expr left = and();
    for (int chain = 0; tokens.current().isName("or"); chain++) {
      Place place = link(chain).place();
      left = new Expr.Or(left, and(), place);
    }
    return left;
  }

  private Expr and() {
    Expr left = not();
    for (int chain = 0; tokens.current().isName("and"); chain++) {
      Place place = link(chain).place();
      left = new Expr.And(left, not(), place);
    }
    return left;
  }

  private Expr not() {
    if (!tokens.current().isName("not")) {
      return compare();
    }
    Place place = tokens.take().place();
    tokens.enter();
    Expr operand = not();
    tokens.leave();
    return new Expr.Not(operand, place);
  }

  private Expr compare() {
    Place place = tokens.current().place();
    Expr first = sum();
    List<Operand> rest = new ArrayList<>();
    for (Optional<String> found = comparing(); found.isPresent(); found = comparing()) {
      rest.add(new Operand(found.get(), sum()));
    }
    return rest.isEmpty() ? first : new Expr.Compare(first, rest, place);
  }

  private Optional<String> comparing() {
    Token token = tokens.current();
    if (token.is(Kind.OPERATOR) && COMPARING.contains(token.text())) {
      return Optional.of(tokens.take().text());
    }
    if (tokens.takeName("in")) {
      return Optional.of("in");
    }
    if (token.isName("not") && tokens.after().isName("in")) {
      tokens.take();
      tokens.take();
      return Optional.of("not in");
    }
    return Optional.empty();
  }

  private Expr sum() {
    Expr left = concat();
    for (int chain = 0; isOne("+", "-"); chain++) {
      Token operator = link(chain);
      left = new Expr.Binary(operator.text(), left, concat(), operator.place());
    }
    return left;
  }

  private Expr concat() {
    Place place = tokens.current().place();
    List<Expr> items = new ArrayList<>(List.of(product()));
    while (tokens.takeOperator("~")) {
      items.add(product());
    }
    return items.size() == 1 ? items.get(0) : new Expr.Concat(items, place);
  }

  private Expr product() {
    Expr left = power();
    for (int chain = 0; isOne("*", "/") || isOne("//", "%"); chain++) {
      Token operator = link(chain);
      left = new Expr.Binary(operator.text(), left, power(), operator.place());
    }
    return left;
  }

  private Expr power() {
    Expr left = unary(true);
    for (int chain = 0; isOne("**", "**"); chain++) {
      Token operator = link(chain);
      left = new Expr.Binary("**", left, unary(true), operator.place());
    }
    return left;
  }

  private Expr unary(boolean filtered) {
    Expr value;
    if (isOne("-", "+")) {
      Token sign = tokens.take();
      tokens.enter();
      value = new Expr.Signed(sign.text(), unary(false), sign.place());
      tokens.leave();
    } else {
      value = primaries.primary();
    }
    Expr whole = primaries.postfixed(value);
    return filtered ? primaries.filtered(whole) : whole;
  }

  private boolean isOne(String symbol, String other) {
    return tokens.current().isOperator(symbol) || tokens.current().isOperator(other);
  }

  private Token link(int chain) {
    if (chain >= LONGEST_CHAIN) {
      throw new JinjaException(
              JinjaException.LIMIT,
              "an expression has more than %d operators in a row".formatted(LONGEST_CHAIN))
          .at(tokens.current().place());
    }
    return tokens.take();
  }

  /** One expression, or several as a tuple, up to a word such as {@code in}. */
  Expr tuple(boolean conditional, boolean bracketed, String... ends) {
    Place place = tokens.current().place();
    List<Expr> items = new ArrayList<>();
    boolean several = false;
    while (!endsTuple(ends)) {
      items.add(conditional ? expression() : or());
      if (!tokens.takeOperator(",")) {
        break;
      }
      several = true;
    }
    if (!several && items.size() == 1) {
      return items.get(0);
    }
    if (!several && !bracketed) {
      throw tokens.unexpected("an expression");
    }
    return new Expr.TupleOf(items, place);
  }

  private boolean endsTuple(String... ends) {
    Token token = tokens.current();
    if (token.is(Kind.VARIABLE_END) || token.is(Kind.BLOCK_END) || token.isOperator(")")) {
      return true;
    }
    for (String end : ends) {
      if (token.isName(end)) {
        return true;
      }
    }
    return false;
  }

  static Object number(Token token) {
    String digits = token.text().replace("_", "");
    if (token.is(Kind.FLOAT)) {
      return Double.parseDouble(digits);
    }
    boolean prefixed = digits.length() > 1 && Character.isLetter(digits.charAt(1));
    int radix =
        !prefixed
            ? 10
            : switch (Character.toLowerCase(digits.charAt(1))) {
              case 'x' -> 16;
              case 'o' -> 8;
              default -> 2;
            };
    try {
      return Numbers.checked(Numbers.parse(digits, radix));
    } catch (JinjaException e) {
      throw JinjaException.syntax("a number has too many digits", token.place());
    }
  }
}
