package org.peft4j.transformers.jinja;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The names that one part of a template uses, in the order it uses them. */
final class Names {

  /** Names that parts around this one use or set. */
  private final Set<String> outer;

  /** Names used here, with whether they begin as unset. */
  private final Map<String, Boolean> unset;

  private final Set<String> stored;

  Names(Set<String> outer) {
    this(outer, new HashMap<>(), new HashSet<>());
  }

  private Names(Set<String> outer, Map<String, Boolean> unset, Set<String> stored) {
    this.outer = outer;
    this.unset = unset;
    this.stored = stored;
  }

  Names copy() {
    return new Names(outer, new HashMap<>(unset), new HashSet<>(stored));
  }

  /** For a part within this one that is given those names. */
  Names within(Set<String> given) {
    Set<String> known = new HashSet<>(outer);
    known.addAll(unset.keySet());
    Names names = new Names(known);
    given.forEach(name -> names.unset.put(name, false));
    return names;
  }

  void load(String name) {
    if (!outer.contains(name)) {
      unset.putIfAbsent(name, false);
    }
  }

  void load(Expr value) {
    Mentions.of(value).forEach(this::load);
  }

  void store(String name) {
    stored.add(name);
    unset.putIfAbsent(name, !outer.contains(name));
  }

  /** Takes over what branches do; what not all of them set may be what it is outside. */
  void join(List<Names> branches) {
    Map<String, Integer> counts = new HashMap<>();
    for (Names branch : branches) {
      for (String name : branch.stored) {
        if (!stored.contains(name)) {
          counts.merge(name, 1, Integer::sum);
        }
      }
    }
    for (Names branch : branches) {
      unset.putAll(branch.unset);
    }
    branches.forEach(branch -> stored.addAll(branch.stored));
    counts.forEach(
        (name, count) -> {
          if (count < branches.size()) {
            unset.put(name, false);
          }
        });
  }

  /** Those that begin as unset. */
  Set<String> hidden() {
    Set<String> names = new TreeSet<>();
    unset.forEach(
        (name, begins) -> {
          if (begins) {
            names.add(name);
          }
        });
    return names;
  }
}
