package org.peft4j.transformers.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.peft4j.transformers.jinja.Expr.CallArguments;

/** What an expression is computed from, in the order it is. */
final class Operands {

  private Operands() {}

  static List<Expr> of(Expr value) {
    if (value instanceof Expr.Const || value instanceof Expr.Name) {
      return List.of();
    }
    if (value instanceof Expr.ListOf list) {
      return list.items();
    }
    if (value instanceof Expr.TupleOf tuple) {
      return tuple.items();
    }
    if (value instanceof Expr.DictOf dict) {
      return dict.pairs().stream()
          .flatMap(pair -> List.of(pair.key(), pair.value()).stream())
          .toList();
    }
    if (value instanceof Expr.Attribute attribute) {
      return List.of(attribute.owner());
    }
    if (value instanceof Expr.Item item) {
      return List.of(item.owner(), item.key());
    }
    if (value instanceof Expr.Slice slice) {
      return all(List.of(), slice.start(), slice.stop(), slice.step());
    }
    return ofOperator(value);
  }

  private static List<Expr> ofOperator(Expr value) {
    if (value instanceof Expr.Conditional conditional) {
      return all(List.of(conditional.test(), conditional.then()), conditional.otherwise());
    }
    if (value instanceof Expr.And and) {
      return List.of(and.left(), and.right());
    }
    if (value instanceof Expr.Or or) {
      return List.of(or.left(), or.right());
    }
    if (value instanceof Expr.Not not) {
      return List.of(not.operand());
    }
    if (value instanceof Expr.Compare compare) {
      List<Expr> operands = new ArrayList<>(List.of(compare.first()));
      compare.rest().forEach(operand -> operands.add(operand.value()));
      return operands;
    }
    if (value instanceof Expr.Binary binary) {
      return List.of(binary.left(), binary.right());
    }
    if (value instanceof Expr.Signed signed) {
      return List.of(signed.operand());
    }
    return value instanceof Expr.Concat concat ? concat.items() : ofCall(value);
  }

  private static List<Expr> ofCall(Expr value) {
    if (value instanceof Expr.Call call) {
      return with(Optional.of(call.function()), call.arguments());
    }
    if (value instanceof Expr.Filtered filtered) {
      return with(filtered.value(), filtered.arguments());
    }
    Expr.Tested tested = (Expr.Tested) value;
    return with(Optional.of(tested.value()), tested.arguments());
  }

  private static List<Expr> with(Optional<Expr> subject, CallArguments arguments) {
    List<Expr> operands = new ArrayList<>(subject.stream().toList());
    operands.addAll(arguments.positional());
    operands.addAll(arguments.named().values());
    return all(operands, arguments.spread(), arguments.spreadNamed());
  }

  @SafeVarargs
  private static List<Expr> all(List<Expr> first, Optional<Expr>... others) {
    List<Expr> operands = new ArrayList<>(first);
    for (Optional<Expr> other : others) {
      other.ifPresent(operands::add);
    }
    return operands;
  }
}
