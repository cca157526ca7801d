package org.peft4j.transformers.jinja;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.transformers.jinja.Token.Kind;

/**
 * Cuts a template into tokens, with {@code trim_blocks} and {@code lstrip_blocks} on. What stands
 * within tags is {@link TagLexer}'s.
 */
final class Lexer {

  private final Source source;
  private final String text;
  private final List<Token> tokens = new ArrayList<>();
  private int position;

  /** Whether what was read last ended a line, so that what follows begins one. */
  private boolean atLineStart = true;

  private Lexer(Source source) {
    this.source = source;
    this.text = source.text();
  }

  static List<Token> tokens(Source source) {
    Lexer lexer = new Lexer(source);
    lexer.run();
    return lexer.tokens;
  }

  private void run() {
    while (position < text.length()) {
      int tag = nextTag();
      if (tag < 0) {
        data(position, text.length());
        position = text.length();
      } else {
        tag(tag);
      }
    }
    tokens.add(new Token(Kind.EOF, "", source.place(text.length())));
  }

  private int nextTag() {
    int brace = text.indexOf('{', position);
    while (brace >= 0 && brace + 1 < text.length()) {
      if ("{%#".indexOf(text.charAt(brace + 1)) >= 0) {
        return brace;
      }
      brace = text.indexOf('{', brace + 1);
    }
    return -1;
  }

  private void tag(int tag) {
    char kind = text.charAt(tag + 1);
    char sign = tag + 2 < text.length() ? text.charAt(tag + 2) : ' ';
    boolean signed = sign == '-' || sign == '+';
    dataBefore(tag, sign, kind != '{');
    position = tag + (signed ? 3 : 2);
    switch (kind) {
      case '#' -> comment(tag);
      case '{' -> code(tag, Kind.VARIABLE_BEGIN, "{{");
      default -> block(tag);
    }
  }

  private void block(int tag) {
    int raw = afterWord(position, "raw");
    int end = raw < 0 ? -1 : TagEnd.of(text, raw, false);
    if (end >= 0) {
      atLineStart = text.charAt(end - 1) == '\n';
      position = end;
      raw(tag);
    } else {
      code(tag, Kind.BLOCK_BEGIN, "{%");
    }
  }

  private void code(int tag, Kind begin, String written) {
    tokens.add(new Token(begin, written, source.place(tag)));
    position = new TagLexer(source, tokens).read(position, begin == Kind.BLOCK_BEGIN);
    atLineStart = text.charAt(position - 1) == '\n';
  }

  private void comment(int tag) {
    int end = text.indexOf("#}", position);
    if (end < 0) {
      throw JinjaException.syntax("a comment has no end, #}", source.place(tag));
    }
    char sign = end > position ? text.charAt(end - 1) : ' ';
    position = TagEnd.afterSign(text, end + 2, sign);
    atLineStart = text.charAt(position - 1) == '\n';
  }

  private void raw(int tag) {
    for (int end = text.indexOf("{%", position); end >= 0; end = text.indexOf("{%", end + 1)) {
      char sign = end + 2 < text.length() ? text.charAt(end + 2) : ' ';
      int word = afterWord(end + (sign == '-' || sign == '+' ? 3 : 2), "endraw");
      int after = word < 0 ? -1 : TagEnd.of(text, word, true);
      if (after >= 0) {
        dataBefore(end, sign, true);
        position = after;
        atLineStart = text.charAt(after - 1) == '\n';
        return;
      }
    }
    throw JinjaException.syntax("{% raw %} has no {% endraw %}", source.place(tag));
  }

  /** The position after blanks, that word and blanks, or -1. */
  private int afterWord(int from, String word) {
    int start = PythonText.skipBlanks(text, from);
    return text.startsWith(word, start) ? PythonText.skipBlanks(text, start + word.length()) : -1;
  }

  private void dataBefore(int tag, char sign, boolean strips) {
    int end = tag;
    if (sign == '-') {
      while (end > position && PythonText.isBlank(text.charAt(end - 1))) {
        end--;
      }
    } else if (sign != '+' && strips) {
      end = withoutIndent(tag);
    }
    data(position, end);
  }

  private int withoutIndent(int tag) {
    int start = tag;
    while (start > position && text.charAt(start - 1) != '\n') {
      start--;
    }
    boolean beginsLine = start > position || atLineStart;
    return beginsLine && PythonText.skipBlanks(text, start) >= tag ? start : tag;
  }

  private void data(int from, int to) {
    if (to > from) {
      tokens.add(new Token(Kind.DATA, text.substring(from, to), source.place(from)));
    }
  }
}
