package org.peft4j.spec;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import org.peft4j.io.Excerpt;

/** Reads a regular expression in Python's syntax. */
final class PatternParser {

  private static final int DEEPEST = 100;

  private static final IntPredicate ANY = c -> c != '\n';

  private final String text;
  private final Map<String, Integer> names = new HashMap<>();
  private int at;
  private int groups;
  private int depth;
  private boolean ignoresCase;

  PatternParser(String text) {
    this.text = text;
  }

  /** The number of groups there are. */
  int groups() {
    return groups;
  }

  /** Their numbers by their names, those that have one. */
  Map<String, Integer> names() {
    return Map.copyOf(names);
  }

  PatternNode parse() {
    PatternNode node = choice();
    if (at < text.length()) {
      at++;
      throw wrong("a ) that closes nothing");
    }
    return node;
  }

  private PatternNode choice() {
    if (++depth > DEEPEST) {
      throw wrong("more than " + DEEPEST + " groups inside one another");
    }
    List<PatternNode> ways = new ArrayList<>();
    do {
      ways.add(sequence());
    } while (taken("|"));
    depth--;
    return ways.size() == 1 ? ways.get(0) : new PatternNode.Choice(List.copyOf(ways));
  }

  private PatternNode sequence() {
    List<PatternNode> parts = new ArrayList<>();
    while (at < text.length() && text.charAt(at) != '|' && text.charAt(at) != ')') {
      parts.add(repeated(atom()));
    }
    return parts.size() == 1 ? parts.get(0) : new PatternNode.Sequence(List.copyOf(parts));
  }

  private PatternNode repeated(PatternNode part) {
    int[] bounds = bounds();
    if (bounds.length == 0) {
      return part;
    }
    boolean lazy = taken("?");
    boolean possessive = !lazy && taken("+");
    PatternNode repeat = new PatternNode.Repeat(part, bounds[0], bounds[1], !lazy);
    if (at < text.length() && "*+?".indexOf(text.charAt(at)) >= 0) {
      throw wrong("a repetition of a repetition");
    }
    return possessive ? new PatternNode.Atomic(repeat) : repeat;
  }

  /** Least and most; empty where nothing is repeated. */
  private int[] bounds() {
    if (taken("*")) {
      return new int[] {0, Integer.MAX_VALUE};
    }
    if (taken("+")) {
      return new int[] {1, Integer.MAX_VALUE};
    }
    return taken("?") ? new int[] {0, 1} : countedBounds();
  }

  /** A brace that holds no numbers is itself, as in Python. */
  private int[] countedBounds() {
    int close = text.startsWith("{", at) ? text.indexOf('}', at) : -1;
    String inside = close < 0 ? "" : text.substring(at + 1, close);
    if (!inside.matches("\\d{1,9}|\\d{0,9},\\d{0,9}") || inside.equals(",")) {
      return new int[0];
    }
    at = close + 1;
    String[] ends = inside.split(",", -1);
    int least = ends[0].isEmpty() ? 0 : Integer.parseInt(ends[0]);
    String last = ends[ends.length - 1];
    int most = last.isEmpty() ? Integer.MAX_VALUE : Integer.parseInt(last);
    if (most < least) {
      throw wrong("{" + inside + "}, which is the wrong way round");
    }
    return new int[] {least, most};
  }

  private PatternNode atom() {
    char c = text.charAt(at++);
    return switch (c) {
      case '(' -> group();
      case '[' -> one(new CharacterClass(this).parse());
      case '.' -> new PatternNode.One(ANY);
      case '^' -> new PatternNode.Place((s, i) -> i == 0);
      case '$' -> new PatternNode.Place(PatternParser::isEnd);
      case '\\' -> escape();
      case '*', '+', '?' -> {
        throw wrong("a " + c + " that repeats nothing");
      }
      default -> one(x -> x == c);
    };
  }

  private static boolean isEnd(String text, int at) {
    return at == text.length() || (at == text.length() - 1 && text.charAt(at) == '\n');
  }

  /** A character, in either case where case is ignored. */
  private PatternNode one(IntPredicate is) {
    return ignoresCase
        ? new PatternNode.One(
            c ->
                is.test(c)
                    || is.test(Character.toLowerCase(c))
                    || is.test(Character.toUpperCase(c)))
        : new PatternNode.One(is);
  }

  private PatternNode escape() {
    if (at == text.length()) {
      throw wrong("a \\ at the end");
    }
    char c = text.charAt(at);
    if (c >= '1' && c <= '9') {
      at++;
      return same(c - '0');
    }
    return switch (c) {
      case 'A' -> place((s, i) -> i == 0);
      case 'Z' -> place((s, i) -> i == s.length());
      case 'b' -> place(PatternParser::isBorder);
      case 'B' -> place((s, i) -> !isBorder(s, i));
      default -> one(escaped());
    };
  }

  private PatternNode place(PatternNode.Place.Condition condition) {
    at++;
    return new PatternNode.Place(condition);
  }

  private PatternNode same(int group) {
    if (group > groups) {
      throw wrong("\\" + group + ", but there is no such group before it");
    }
    return new PatternNode.Same(group);
  }

  private static boolean isBorder(String text, int at) {
    boolean before = at > 0 && isWord(text.charAt(at - 1));
    boolean after = at < text.length() && isWord(text.charAt(at));
    return before != after;
  }

  private static boolean isWord(int c) {
    return c == '_' || Character.isLetterOrDigit(c);
  }

  /** The character or class after a backslash. */
  IntPredicate escaped() {
    char c = next();
    return switch (c) {
      case 'd' -> Character::isDigit;
      case 'D' -> x -> !Character.isDigit(x);
      case 'w' -> PatternParser::isWord;
      case 'W' -> x -> !isWord(x);
      case 's' -> Character::isWhitespace;
      case 'S' -> x -> !Character.isWhitespace(x);
      default -> {
        char literal = literal(c);
        yield x -> x == literal;
      }
    };
  }

  /** The single character that backslash and {@code c} stand for. */
  char literal(char c) {
    return switch (c) {
      case 'n' -> '\n';
      case 't' -> '\t';
      case 'r' -> '\r';
      case 'f' -> '\f';
      case 'v' -> 0x0b;
      case 'a' -> 7;
      case 'x' -> hex(2);
      case 'u' -> hex(4);
      default -> {
        if (isWord(c) && c != '_') {
          throw wrong("\\" + c + ", which is not supported,");
        }
        yield c;
      }
    };
  }

  private char hex(int digits) {
    int end = Math.min(text.length(), at + digits);
    String number = text.substring(at, end);
    if (number.length() < digits || !number.matches("[0-9a-fA-F]+")) {
      throw wrong("a character number that is not " + digits + " hexadecimal digits");
    }
    at = end;
    return (char) Integer.parseInt(number, 16);
  }

  private PatternNode group() {
    if (!taken("?")) {
      return closed(captured());
    }
    if (taken("P=")) {
      return same(number(name(')')));
    }
    if (taken("P<") || isNamed()) {
      String name = name('>');
      names.put(name, groups + 1);
      return closed(captured());
    }
    return special();
  }

  private boolean isNamed() {
    return at + 1 < text.length()
        && text.charAt(at) == '<'
        && Character.isLetter(text.charAt(at + 1))
        && taken("<");
  }

  private PatternNode special() {
    if (taken("#")) {
      name(')');
      return new PatternNode.Sequence(List.of());
    }
    if (taken(":")) {
      return closed(choice());
    }
    if (taken("=") || text.startsWith("!", at)) {
      boolean wanted = !taken("!");
      return closed(new PatternNode.Ahead(choice(), wanted));
    }
    if (taken("<=") || text.startsWith("<!", at)) {
      boolean wanted = !taken("<!");
      return closed(new PatternNode.Behind(choice(), wanted));
    }
    if (taken(">")) {
      return closed(new PatternNode.Atomic(choice()));
    }
    if (taken("i)")) {
      ignoresCase = true;
      return new PatternNode.Sequence(List.of());
    }
    throw wrong(
        "(?" + text.substring(at, Math.min(text.length(), at + 2)) + ", which is not supported,");
  }

  private PatternNode captured() {
    int number = ++groups;
    return new PatternNode.Group(number, choice());
  }

  private PatternNode closed(PatternNode inside) {
    if (!taken(")")) {
      throw wrong("a ( that is never closed");
    }
    return inside;
  }

  private String name(char end) {
    int close = text.indexOf(end, at);
    if (close < 0) {
      throw wrong("a group that is never closed");
    }
    String name = text.substring(at, close);
    at = close + 1;
    return name;
  }

  private int number(String name) {
    Integer number = names.get(name);
    if (number == null) {
      throw wrong("a group named " + name + " that is not there before it");
    }
    return number;
  }

  boolean taken(String what) {
    if (!text.startsWith(what, at)) {
      return false;
    }
    at += what.length();
    return true;
  }

  void back() {
    at--;
  }

  char next() {
    if (at == text.length()) {
      throw wrong("an end where more must come");
    }
    return text.charAt(at++);
  }

  IllegalArgumentException wrong(String what) {
    return new IllegalArgumentException(Excerpt.of(text) + " has " + what + " at character " + at);
  }
}
