package org.peft4j.transformers.jinja;

import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.peft4j.transformers.jinja.Stmt.Target;

/**
 * Which names each part of a template that has names of its own hides. Jinja2 decides before
 * rendering what a name means: one that a part sets before it reads it is that part's own from the
 * start, so that loops and macros within do not see a variable of that name, even before it is set.
 */
final class Frames {

  private final Map<List<Stmt>, Set<String>> hidden = new IdentityHashMap<>();

  private Frames() {}

  static Frames of(List<Stmt> template) {
    Frames frames = new Frames();
    frames.read(template, new Names(Set.of()));
    return frames;
  }

  Set<String> hidden(List<Stmt> body) {
    return hidden.getOrDefault(body, Set.of());
  }

  private void read(List<Stmt> body, Names names) {
    statements(body, names);
    if (!names.hidden().isEmpty()) {
      hidden.put(body, names.hidden());
    }
    body.forEach(statement -> inner(statement, names));
  }

  /** What statements of this part read and set, without the parts within. */
  private static void statements(List<? extends Stmt> body, Names names) {
    body.forEach(statement -> statement(statement, names));
  }

  private static void statement(Stmt statement, Names names) {
    if (statement instanceof Stmt.Output output) {
      names.load(output.value());
    } else if (statement instanceof Stmt.If branch) {
      names.load(branch.test());
      Names then = names.copy();
      statements(branch.body(), then);
      Names elifs = names.copy();
      statements(branch.elifs(), elifs);
      Names otherwise = names.copy();
      statements(branch.otherwise(), otherwise);
      names.join(List.of(then, elifs, otherwise));
    } else if (statement instanceof Stmt.For loop) {
      names.load(loop.values());
    } else if (statement instanceof Stmt.Assign assign) {
      names.load(assign.value());
      store(assign.target(), names);
    } else if (statement instanceof Stmt.AssignBlock assign) {
      store(assign.target(), names);
    } else if (statement instanceof Stmt.MacroOf macro) {
      names.store(macro.name());
    } else if (statement instanceof Stmt.CallBlock call) {
      names.load(call.call());
    } else if (statement instanceof Stmt.FilterBlock filter) {
      names.load(filter.filters());
    } else if (statement instanceof Stmt.With with) {
      with.values().forEach(value -> names.load(value.value()));
    }
  }

  private static void store(Target target, Names names) {
    if (target instanceof Stmt.NameTarget name) {
      names.store(name.name());
    } else if (target instanceof Stmt.TupleTarget tuple) {
      tuple.targets().forEach(part -> store(part, names));
    } else if (target instanceof Stmt.AttributeTarget attribute) {
      names.load(attribute.namespace());
    }
  }

  /** The parts within a statement, which have names of their own. */
  private void inner(Stmt statement, Names around) {
    if (statement instanceof Stmt.If branch) {
      branch.body().forEach(part -> inner(part, around));
      branch.elifs().forEach(part -> inner(part, around));
      branch.otherwise().forEach(part -> inner(part, around));
    } else if (statement instanceof Stmt.For loop) {
      Set<String> own = new HashSet<>(Set.of("loop"));
      own.addAll(names(loop.target()));
      read(loop.body(), around.within(own));
      read(loop.otherwise(), around.within(Set.of()));
    } else if (statement instanceof Stmt.AssignBlock assign) {
      read(assign.body(), around.within(Set.of()));
    } else if (statement instanceof Stmt.MacroOf macro) {
      function(macro.signature(), macro.body(), around);
    } else if (statement instanceof Stmt.CallBlock call) {
      function(call.signature(), call.body(), around);
    } else if (statement instanceof Stmt.FilterBlock filter) {
      read(filter.body(), around.within(Set.of()));
    } else if (statement instanceof Stmt.With with) {
      Set<String> own = new HashSet<>();
      with.values().forEach(value -> own.addAll(names(value.target())));
      read(with.body(), around.within(own));
    } else if (statement instanceof Stmt.Generation generation) {
      read(generation.body(), around.within(Set.of()));
    }
  }

  private void function(Stmt.Signature signature, List<Stmt> body, Names around) {
    Set<String> own = new HashSet<>(Set.of("caller", "varargs", "kwargs"));
    own.addAll(signature.names());
    read(body, around.within(own));
  }

  private static Set<String> names(Target target) {
    Set<String> names = new HashSet<>();
    if (target instanceof Stmt.NameTarget name) {
      names.add(name.name());
    } else if (target instanceof Stmt.TupleTarget tuple) {
      tuple.targets().forEach(part -> names.addAll(names(part)));
    }
    return names;
  }
}
