package org.peft4j.transformers.jinja;

import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.peft4j.transformers.jinja.Stmt.Target;

/** Carries statements out. */
final class Interpreter {

  /** How a statement ends. */
  private enum Flow {
    ON,
    BREAK,
    CONTINUE
  }

  private static final Set<String> SPECIAL = Set.of("caller", "varargs", "kwargs");

  private final Budget budget;
  private final Frames frames;
  private final Evaluator evaluator;
  private Sink sink;

  Interpreter(Budget budget, Frames frames) {
    this.budget = budget;
    this.frames = frames;
    this.sink = new Sink(budget);
    this.evaluator = new Evaluator(budget, this);
  }

  JinjaText render(List<Stmt> template, Scope variables) {
    try {
      run(template, variables.within(hidden(template)));
    } catch (JinjaException e) {
      throw e.at(evaluator.place());
    }
    return sink.result();
  }

  Set<String> hidden(List<Stmt> body) {
    return frames.hidden(body);
  }

  /** The text of a body that does not go straight into the template's. */
  String textOf(List<Stmt> body, Scope scope) {
    Sink around = sink;
    sink = new Sink(budget);
    run(body, scope);
    String text = sink.text();
    around.loses(sink);
    sink = around;
    return text;
  }

  private Flow run(List<Stmt> body, Scope scope) {
    budget.enter();
    Flow flow = Flow.ON;
    for (int i = 0; i < body.size() && flow == Flow.ON; i++) {
      flow = run(body.get(i), scope);
    }
    budget.leave();
    return flow;
  }

  private Flow run(Stmt statement, Scope scope) {
    budget.step();
    if (statement instanceof Stmt.Text text) {
      sink.add(text.text());
    } else if (statement instanceof Stmt.Output output) {
      evaluator.at(output.value().place());
      sink.add(evaluator.text(evaluator.value(output.value(), scope)));
    } else if (statement instanceof Stmt.If branch) {
      return branch(branch, scope);
    } else if (statement instanceof Stmt.For loop) {
      return loop(loop, scope);
    } else if (statement instanceof Stmt.Assign assign) {
      evaluator.at(assign.place());
      assign(assign.target(), evaluator.value(assign.value(), scope), scope);
    } else if (statement instanceof Stmt.Break) {
      return Flow.BREAK;
    } else if (statement instanceof Stmt.Continue) {
      return Flow.CONTINUE;
    } else {
      return block(statement, scope);
    }
    return Flow.ON;
  }

  private Flow block(Stmt statement, Scope scope) {
    if (statement instanceof Stmt.With with) {
      Scope inner = scope.within(hidden(with.body()));
      with.values()
          .forEach(value -> assign(value.target(), evaluator.value(value.value(), scope), inner));
      return run(with.body(), inner);
    }
    if (statement instanceof Stmt.Generation generation) {
      int start = sink.length();
      run(generation.body(), scope.within(hidden(generation.body())));
      sink.span(start);
    } else if (statement instanceof Stmt.MacroOf macro) {
      scope.set(macro.name(), macro(macro.name(), macro.signature(), macro.body(), scope));
    } else if (statement instanceof Stmt.CallBlock call) {
      call(call, scope);
    } else if (statement instanceof Stmt.AssignBlock assign) {
      return assignBlock(assign, scope);
    } else if (statement instanceof Stmt.FilterBlock filter) {
      return filterBlock(filter, scope);
    }
    return Flow.ON;
  }

  private Flow branch(Stmt.If branch, Scope scope) {
    if (evaluator.truth(branch.test(), scope)) {
      return run(branch.body(), scope);
    }
    for (Stmt.If other : branch.elifs()) {
      if (evaluator.truth(other.test(), scope)) {
        return run(other.body(), scope);
      }
    }
    return run(branch.otherwise(), scope);
  }

  private Flow loop(Stmt.For loop, Scope scope) {
    Object values = evaluator.value(loop.values(), scope);
    evaluator.at(loop.place());
    return loop(loop, values, 0, scope);
  }

  /** Its {@code else} is for loops no round of which came to its end, as Jinja2 has it. */
  private Flow loop(Stmt.For loop, Object values, int depth, Scope scope) {
    Object source =
        loop.test().isPresent() ? selected(loop, loop.test().get(), values, scope) : values;
    LoopContext context =
        new LoopContext(source, Types.iterator(source), depth, again(loop, depth, scope), budget);
    boolean ended = false;
    while (context.hasNext()) {
      budget.step();
      Scope inner = scope.within(hidden(loop.body()));
      Object value = context.next();
      inner.set("loop", context);
      assign(loop.target(), value, inner);
      Flow flow = run(loop.body(), inner);
      if (flow == Flow.BREAK) {
        break;
      }
      ended |= flow == Flow.ON;
    }
    return !ended ? run(loop.otherwise(), scope.within(hidden(loop.otherwise()))) : Flow.ON;
  }

  private Optional<Function> again(Stmt.For loop, int depth, Scope scope) {
    if (!loop.recursive()) {
      return Optional.empty();
    }
    return Optional.of(
        (evaluator, arguments) -> {
          Object values = arguments.as("loop", "iterable").get("iterable");
          Sink around = sink;
          sink = new Sink(budget);
          loop(loop, values, depth + 1, scope);
          String text = sink.text();
          around.loses(sink);
          sink = around;
          return text;
        });
  }

  private Object selected(Stmt.For loop, Expr test, Object values, Scope scope) {
    Iterator<Object> all = Types.iterator(values);
    return Generator.of(
        values,
        Lazily.select(
            all,
            value -> {
              Scope inner = scope.within(Set.of());
              assign(loop.target(), value, inner);
              return evaluator.truth(test, inner);
            },
            budget));
  }

  private void assign(Target target, Object value, Scope scope) {
    if (target instanceof Stmt.NameTarget name) {
      scope.set(name.name(), value);
    } else if (target instanceof Stmt.AttributeTarget attribute) {
      evaluator.at(attribute.place());
      if (!(scope.get(attribute.namespace()) instanceof Namespace namespace)) {
        throw new JinjaException(
            "TemplateRuntimeError", "cannot assign attribute on non-namespace object");
      }
      namespace.attributes().put(attribute.name(), value);
    } else if (target instanceof Stmt.TupleTarget tuple) {
      unpack(tuple, value, scope);
    }
  }

  private void unpack(Stmt.TupleTarget tuple, Object value, Scope scope) {
    evaluator.at(tuple.place());
    Iterator<Object> values = Types.iterator(value);
    int wanted = tuple.targets().size();
    Object[] items = new Object[wanted];
    for (int i = 0; i < wanted; i++) {
      if (!values.hasNext()) {
        throw JinjaException.value(
            "not enough values to unpack (expected %d, got %d)".formatted(wanted, i));
      }
      items[i] = values.next();
    }
    if (values.hasNext()) {
      throw JinjaException.value("too many values to unpack (expected " + wanted + ")");
    }
    for (int i = 0; i < wanted; i++) {
      assign(tuple.targets().get(i), items[i], scope);
    }
  }

  private static Macro macro(String name, Stmt.Signature signature, List<Stmt> body, Scope scope) {
    Set<String> reads = new HashSet<>(Mentions.of(body));
    reads.retainAll(SPECIAL);
    reads.removeAll(signature.names());
    return new Macro(name, signature, body, scope, reads);
  }

  private void call(Stmt.CallBlock call, Scope scope) {
    Object function = evaluator.value(call.call().function(), scope);
    Arguments arguments = evaluator.arguments(call.call().arguments(), scope);
    evaluator.at(call.call().place());
    Macro caller = macro("", call.signature(), call.body(), scope);
    sink.add(evaluator.text(evaluator.call(function, arguments.with("caller", caller))));
  }

  private Flow assignBlock(Stmt.AssignBlock assign, Scope scope) {
    Sink around = sink;
    sink = new Sink(budget);
    Flow flow = run(assign.body(), scope.within(hidden(assign.body())));
    String text = sink.text();
    around.loses(sink);
    sink = around;
    if (flow == Flow.ON) {
      evaluator.at(assign.place());
      assign(
          assign.target(),
          assign.filters().isPresent()
              ? evaluator.filteredText(assign.filters().get(), text, scope)
              : text,
          scope);
    }
    return flow;
  }

  private Flow filterBlock(Stmt.FilterBlock filter, Scope scope) {
    Sink around = sink;
    sink = new Sink(budget);
    Scope inner = scope.within(hidden(filter.body()));
    Flow flow = run(filter.body(), inner);
    String text = sink.text();
    around.loses(sink);
    sink = around;
    if (flow == Flow.ON) {
      sink.add(evaluator.text(evaluator.filteredText(filter.filters(), text, inner)));
    }
    return flow;
  }
}
