package org.peft4j.transformers.jinja;

import java.util.List;
import java.util.Optional;

/** A statement of a template, or its text. */
sealed interface Stmt {

  record Text(String text) implements Stmt {}

  record Output(Expr value) implements Stmt {}

  record If(Expr test, List<Stmt> body, List<If> elifs, List<Stmt> otherwise) implements Stmt {}

  record For(
      Target target,
      Expr values,
      Optional<Expr> test,
      boolean recursive,
      List<Stmt> body,
      List<Stmt> otherwise,
      Place place)
      implements Stmt {}

  record Assign(Target target, Expr value, Place place) implements Stmt {}

  record AssignBlock(Target target, Optional<Expr> filters, List<Stmt> body, Place place)
      implements Stmt {}

  record MacroOf(String name, Signature signature, List<Stmt> body) implements Stmt {}

  record CallBlock(Signature signature, Expr.Call call, List<Stmt> body) implements Stmt {}

  record FilterBlock(Expr filters, List<Stmt> body) implements Stmt {}

  record With(List<Assign> values, List<Stmt> body) implements Stmt {}

  record Generation(List<Stmt> body) implements Stmt {}

  record Break() implements Stmt {}

  record Continue() implements Stmt {}

  /**
   * @param defaults of the last of them
   */
  record Signature(List<String> names, List<Expr> defaults) {

    static final Signature NONE = new Signature(List.of(), List.of());

    Optional<Expr> defaultOf(int index) {
      int at = index - names.size() + defaults.size();
      return at < 0 ? Optional.empty() : Optional.of(defaults.get(at));
    }
  }

  /** What is assigned to. */
  sealed interface Target {}

  record NameTarget(String name) implements Target {}

  record AttributeTarget(String namespace, String name, Place place) implements Target {}

  record TupleTarget(List<Target> targets, Place place) implements Target {}
}
