package org.peft4j.transformers.jinja;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * The names that expressions and statements read, in their order. Expressions that are too deep to
 * be computed are refused on the way.
 */
final class Mentions {

  private record Level(Expr value, int depth) {}

  private static final int DEEPEST = 210;

  private final List<String> names = new ArrayList<>();

  private Mentions() {}

  static List<String> of(Expr value) {
    Mentions mentions = new Mentions();
    mentions.in(value);
    return mentions.names;
  }

  /** All names that are read anywhere in a body, parts within it included. */
  static List<String> of(List<Stmt> body) {
    Mentions mentions = new Mentions();
    mentions.inAll(body);
    return mentions.names;
  }

  private void in(Optional<Expr> value) {
    value.ifPresent(this::in);
  }

  private void in(Expr value) {
    Deque<Level> left = new ArrayDeque<>();
    left.push(new Level(value, 1));
    while (!left.isEmpty()) {
      Level level = left.pop();
      if (level.depth() > DEEPEST) {
        throw new JinjaException(
                JinjaException.LIMIT, "an expression is deeper than " + DEEPEST + " levels")
            .at(level.value().place());
      }
      if (level.value() instanceof Expr.Name name) {
        names.add(name.name());
      }
      List<Expr> children = Operands.of(level.value());
      for (int i = children.size() - 1; i >= 0; i--) {
        left.push(new Level(children.get(i), level.depth() + 1));
      }
    }
  }

  private void inAll(List<? extends Stmt> body) {
    body.forEach(this::in);
  }

  private void in(Stmt statement) {
    if (statement instanceof Stmt.Output output) {
      in(output.value());
    } else if (statement instanceof Stmt.If branch) {
      in(branch.test());
      inAll(branch.body());
      inAll(branch.elifs());
      inAll(branch.otherwise());
    } else if (statement instanceof Stmt.For loop) {
      in(loop.values());
      in(loop.test());
      inAll(loop.body());
      inAll(loop.otherwise());
    } else if (statement instanceof Stmt.Assign assign) {
      in(assign.value());
    } else if (statement instanceof Stmt.AssignBlock assign) {
      in(assign.filters());
      inAll(assign.body());
    } else {
      inFunction(statement);
    }
  }

  private void inFunction(Stmt statement) {
    if (statement instanceof Stmt.MacroOf macro) {
      macro.signature().defaults().forEach(this::in);
      inAll(macro.body());
    } else if (statement instanceof Stmt.CallBlock call) {
      in(call.call());
      call.signature().defaults().forEach(this::in);
      inAll(call.body());
    } else if (statement instanceof Stmt.FilterBlock filter) {
      in(filter.filters());
      inAll(filter.body());
    } else if (statement instanceof Stmt.With with) {
      inAll(with.values());
      inAll(with.body());
    } else if (statement instanceof Stmt.Generation generation) {
      inAll(generation.body());
    }
  }
}
