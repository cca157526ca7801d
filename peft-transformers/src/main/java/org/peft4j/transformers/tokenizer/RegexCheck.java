package org.peft4j.transformers.tokenizer;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Tells whether a regular expression of Oniguruma's is of the simple kind that tokenizers are used
 * with. A search that goes back too often does not fail there but ends the process, so what may
 * make one go back without bounds is refused: repetitions of repetitions, references to what was
 * found, many unbounded repetitions in a row.
 */
final class RegexCheck {

  private static final int LONGEST = 2000;
  private static final int MOST_UNBOUNDED = 4;
  private static final int MOST_TIMES = 1000;

  private final String regex;
  private int at;
  private final Deque<Group> open = new ArrayDeque<>();
  private @Nullable String problem;

  /** A group whose end has not come yet. */
  private static final class Group {
    boolean repeats;
    int unbounded;
    int mostUnbounded;

    /** Of what stands before a quantifier. */
    boolean lastRepeats;

    boolean lastIsQuantified;

    void atom() {
      lastRepeats = false;
      lastIsQuantified = false;
    }
  }

  RegexCheck(String regex) {
    this.regex = regex;
  }

  Optional<String> problem() {
    if (regex.isEmpty() || regex.length() > LONGEST) {
      return Optional.of("must have from 1 to " + LONGEST + " characters");
    }
    open.push(new Group());
    while (at < regex.length() && problem == null) {
      step(regex.charAt(at++));
    }
    if (problem == null && open.size() != 1) {
      problem = "has a group that does not end";
    }
    return Optional.ofNullable(problem);
  }

  private Group group() {
    return open.getFirst();
  }

  private void step(char c) {
    switch (c) {
      case '\\' -> escape();
      case '[' -> set();
      case '(' -> begin();
      case ')' -> end();
      case '|' -> alternative();
      case '*', '+' -> quantifier(true, true);
      case '?' -> quantifier(false, false);
      case '{' -> braces();
      default -> group().atom();
    }
  }

  private void escape() {
    if (at == regex.length()) {
      problem = "ends in a backslash";
      return;
    }
    char c = regex.charAt(at++);
    if (c >= '1' && c <= '9' || c == 'k' || c == 'g' || c == 'X' || c == 'K') {
      problem = "refers to what was found before (\\" + c + "), which is not supported";
      return;
    }
    if ((c == 'p' || c == 'P' || c == 'x') && at < regex.length() && regex.charAt(at) == '{') {
      int close = regex.indexOf('}', at);
      at = close < 0 ? regex.length() : close + 1;
    }
    group().atom();
  }

  private void set() {
    int depth = 1;
    if (at < regex.length() && regex.charAt(at) == '^') {
      at++;
    }
    boolean first = true;
    while (at < regex.length() && depth > 0) {
      char c = regex.charAt(at++);
      if (c == '\\') {
        at++;
      } else if (c == '[') {
        depth++;
      } else if (c == ']' && !first) {
        depth--;
      }
      first = false;
    }
    if (depth > 0 || at > regex.length()) {
      problem = "has a set of characters that does not end";
    }
    group().atom();
  }

  private void begin() {
    if (regex.startsWith("*", at)) {
      problem = "calls out ((*...)), which is not supported";
      return;
    }
    open.push(new Group());
    if (regex.startsWith("?", at)) {
      int after = at + 1;
      while (after < regex.length() && "imxadu-".indexOf(regex.charAt(after)) >= 0) {
        after++;
      }
      String rest = regex.substring(after);
      if (rest.startsWith("<=") || rest.startsWith("<!")) {
        at = after + 2;
      } else if (rest.matches("(?s)[:=!>].*")) {
        at = after + 1;
      } else if (rest.startsWith(")") && after > at + 1) {
        at = after;
      } else {
        problem =
            "has a group of a kind that is not supported: (?"
                + rest.substring(0, Math.min(1, rest.length()));
      }
    }
  }

  private void end() {
    if (open.size() == 1) {
      problem = "has a ) too many";
      return;
    }
    Group inner = open.pop();
    Group outer = group();
    outer.lastRepeats = inner.repeats;
    outer.lastIsQuantified = false;
    outer.repeats |= inner.repeats;
    count(Math.max(inner.unbounded, inner.mostUnbounded));
  }

  private void alternative() {
    Group group = group();
    group.mostUnbounded = Math.max(group.mostUnbounded, group.unbounded);
    group.unbounded = 0;
    group.atom();
  }

  private void count(int unbounded) {
    group().unbounded += unbounded;
    if (group().unbounded > MOST_UNBOUNDED) {
      problem = "repeats without bounds more than " + MOST_UNBOUNDED + " times in a row";
    }
  }

  private void quantifier(boolean repeats, boolean unbounded) {
    Group group = group();
    if (group.lastIsQuantified) {
      problem = "repeats what repeats already";
      return;
    }
    if (repeats && group.lastRepeats) {
      problem = "repeats a group in which something repeats, which could search forever";
      return;
    }
    group.lastIsQuantified = true;
    group.repeats |= repeats;
    count(unbounded ? 1 : 0);
    // Lazy and possessive ones go back no more often.
    if (at < regex.length() && (regex.charAt(at) == '?' || regex.charAt(at) == '+')) {
      at++;
    }
  }

  private void braces() {
    int close = regex.indexOf('}', at);
    String inside = close < 0 ? "" : regex.substring(at, close);
    if (!inside.matches("\\d{0,9}(,\\d{0,9})?") || inside.isEmpty() || inside.equals(",")) {
      group().atom();
      return;
    }
    at = close + 1;
    String[] bounds = inside.split(",", -1);
    String most = bounds[bounds.length - 1];
    for (String bound : bounds) {
      if (!bound.isEmpty() && Integer.parseInt(bound) > MOST_TIMES) {
        problem = "repeats something more than " + MOST_TIMES + " times";
        return;
      }
    }
    quantifier(most.isEmpty() || Integer.parseInt(most) > 1, most.isEmpty());
  }
}
