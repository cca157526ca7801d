package org.peft4j.transformers.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.peft4j.transformers.jinja.Stmt.Target;
import org.peft4j.transformers.jinja.Token.Kind;

/** Reads what is assigned to. */
final class Targets {

  private static final Set<String> CONSTANTS =
      Set.of("true", "false", "none", "True", "False", "None", "loop");

  private Targets() {}

  /**
   * @param attributes whether an attribute of a namespace may be set
   * @param ends words that end it
   */
  static Target read(Tokens tokens, boolean attributes, String... ends) {
    Place place = tokens.current().place();
    List<Target> targets = new ArrayList<>();
    boolean several = false;
    while (!tokens.current().is(Kind.BLOCK_END) && !isOne(tokens.current(), ends)) {
      targets.add(one(tokens, attributes));
      if (!tokens.takeOperator(",")) {
        break;
      }
      several = true;
    }
    if (targets.isEmpty()) {
      throw tokens.unexpected("a name to assign to");
    }
    return several ? new Stmt.TupleTarget(targets, place) : targets.get(0);
  }

  private static boolean isOne(Token token, String... ends) {
    return token.is(Kind.NAME) && List.of(ends).contains(token.text()) || token.isOperator(")");
  }

  private static Target one(Tokens tokens, boolean attributes) {
    if (tokens.takeOperator("(")) {
      tokens.enter();
      Place place = tokens.current().place();
      Target inner = read(tokens, attributes);
      tokens.expectOperator(")");
      tokens.leave();
      boolean wraps = inner instanceof Stmt.TupleTarget;
      return wraps ? new Stmt.TupleTarget(((Stmt.TupleTarget) inner).targets(), place) : inner;
    }
    Token name = tokens.expect(Kind.NAME, "a name to assign to");
    if (attributes && tokens.takeOperator(".")) {
      String attribute = tokens.expect(Kind.NAME, "an attribute's name").text();
      return new Stmt.AttributeTarget(name.text(), attribute, name.place());
    }
    return new Stmt.NameTarget(requireFree(name));
  }

  static String requireFree(Token name) {
    if (CONSTANTS.contains(name.text())) {
      throw JinjaException.syntax("cannot assign to '" + name.text() + "'", name.place());
    }
    return name.text();
  }
}
