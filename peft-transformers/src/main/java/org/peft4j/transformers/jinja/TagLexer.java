package org.peft4j.transformers.jinja;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.peft4j.transformers.jinja.Token.Kind;

/** Cuts what stands within a tag into tokens. */
final class TagLexer {

  /** Possessive, so that no text makes them try again. */
  private static final Pattern FLOAT =
      Pattern.compile(
          "(?<!\\.)\\d++(?:_\\d++)*+(?:(?:\\.\\d++(?:_\\d++)*+)?[eE][+-]?+\\d++(?:_\\d++)*+"
              + "|\\.\\d++(?:_\\d++)*+)");

  private static final Pattern INTEGER =
      Pattern.compile(
          "0[bB](?:_?[01])++|0[oO](?:_?[0-7])++|0[xX](?:_?[0-9a-fA-F])++|[1-9](?:_?\\d)*+|0(?:_?0)*+");

  private static final List<String> LONG_OPERATORS = List.of("//", "**", "==", "!=", ">=", "<=");
  private static final String OPERATORS = "+-/*%~[](){}><=.:|,;";

  private final Source source;
  private final String text;
  private final List<Token> tokens;
  private final Deque<Character> open = new ArrayDeque<>();

  TagLexer(Source source, List<Token> tokens) {
    this.source = source;
    this.text = source.text();
    this.tokens = tokens;
  }

  /** Reads from there to the tag's end and returns the position after it. */
  int read(int from, boolean block) {
    int position = PythonText.skipBlanks(text, from);
    while (position < text.length()) {
      int end = end(position, block);
      if (end >= 0) {
        Kind kind = block ? Kind.BLOCK_END : Kind.VARIABLE_END;
        tokens.add(new Token(kind, block ? "%}" : "}}", source.place(position)));
        return end;
      }
      position = PythonText.skipBlanks(text, token(position));
    }
    throw JinjaException.syntax(
        "a tag has no end, " + (block ? "%}" : "}}"), source.place(Math.max(0, from - 1)));
  }

  private int end(int position, boolean block) {
    if (!open.isEmpty()) {
      return -1;
    }
    return block ? TagEnd.of(text, position, true) : TagEnd.ofVariable(text, position);
  }

  private int token(int position) {
    char first = text.charAt(position);
    if (first == '\'' || first == '"') {
      return string(position, first);
    }
    if (first >= '0' && first <= '9') {
      return number(position);
    }
    int word = word(position);
    if (word > position) {
      return add(Kind.NAME, position, word);
    }
    return operator(position);
  }

  private int word(int position) {
    int end = position;
    while (end < text.length() && isWord(text.codePointAt(end))) {
      end += Character.charCount(text.codePointAt(end));
    }
    return end;
  }

  private static boolean isWord(int letter) {
    return letter == '_' || Character.isLetterOrDigit(letter);
  }

  private int number(int position) {
    for (Pattern pattern : List.of(FLOAT, INTEGER)) {
      Matcher matcher = pattern.matcher(text).region(position, text.length());
      matcher.useTransparentBounds(true);
      if (matcher.lookingAt()) {
        return add(pattern == FLOAT ? Kind.FLOAT : Kind.INTEGER, position, matcher.end());
      }
    }
    return add(Kind.NAME, position, word(position));
  }

  private int string(int position, char quote) {
    int end = position + 1;
    while (end < text.length() && text.charAt(end) != quote) {
      end += text.charAt(end) == '\\' ? 2 : 1;
    }
    if (end >= text.length()) {
      throw JinjaException.syntax("a string has no end", source.place(position));
    }
    Place place = source.place(position);
    tokens.add(
        new Token(
            Kind.STRING, StringEscapes.read(text.substring(position + 1, end), place), place));
    return end + 1;
  }

  private int operator(int position) {
    for (String symbol : LONG_OPERATORS) {
      if (text.startsWith(symbol, position)) {
        return add(Kind.OPERATOR, position, position + 2);
      }
    }
    char symbol = text.charAt(position);
    if (OPERATORS.indexOf(symbol) < 0) {
      throw JinjaException.syntax(
          "unexpected letter " + PythonText.repr(text.substring(position, position + 1)),
          source.place(position));
    }
    balance(symbol, position);
    return add(Kind.OPERATOR, position, position + 1);
  }

  private void balance(char symbol, int position) {
    int opening = "([{".indexOf(symbol);
    int closing = ")]}".indexOf(symbol);
    if (opening >= 0) {
      open.push(")]}".charAt(opening));
    } else if (closing >= 0 && (open.isEmpty() || open.pop() != symbol)) {
      throw JinjaException.syntax("unexpected '" + symbol + "'", source.place(position));
    }
  }

  private int add(Kind kind, int from, int to) {
    String written = text.substring(from, to);
    if (kind == Kind.NAME && Character.isDigit(written.codePointAt(0))) {
      throw JinjaException.syntax("no name or number: " + written, source.place(from));
    }
    tokens.add(new Token(kind, written, source.place(from)));
    return to;
  }
}
