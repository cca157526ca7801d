package org.peft4j.spec;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/** Reads a class of characters, such as {@code [a-z_]}, of which the bracket has been taken. */
final class CharacterClass {

  private final PatternParser parser;

  CharacterClass(PatternParser parser) {
    this.parser = parser;
  }

  IntPredicate parse() {
    boolean not = parser.taken("^");
    List<IntPredicate> members = new ArrayList<>();
    boolean first = true;
    while (first || !parser.taken("]")) {
      members.add(member());
      first = false;
    }
    IntPredicate any = c -> members.stream().anyMatch(member -> member.test(c));
    return not ? any.negate() : any;
  }

  private IntPredicate member() {
    char c = parser.next();
    if (c == '\\') {
      char escaped = parser.next();
      if ("dDwWsS".indexOf(escaped) >= 0) {
        parser.back();
        return parser.escaped();
      }
      c = escaped == 'b' ? '\b' : parser.literal(escaped);
    }
    return range(c);
  }

  private IntPredicate range(char from) {
    if (!parser.taken("-")) {
      return c -> c == from;
    }
    if (parser.taken("]")) {
      parser.back();
      return c -> c == from || c == '-';
    }
    char end = parser.next();
    char to = end == '\\' ? parser.literal(parser.next()) : end;
    if (to < from) {
      throw parser.wrong("the range " + from + "-" + to + ", which is the wrong way round");
    }
    return c -> c >= from && c <= to;
  }
}
