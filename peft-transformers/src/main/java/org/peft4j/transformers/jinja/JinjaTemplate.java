package org.peft4j.transformers.jinja;

import java.time.LocalDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A template in Jinja's language, rendered as Jinja2 does with the settings that Hugging Face
 * transformers gives it; see {@link org.peft4j.transformers.jinja}. May be shared by threads.
 */
public final class JinjaTemplate {

  private static final int LONGEST = 4 << 20;

  private final List<Stmt> statements;
  private final Frames frames;
  private final boolean marks;

  private JinjaTemplate(Source source) {
    List<Token> tokens = Lexer.tokens(source);
    this.statements = StmtParser.parse(tokens);
    this.marks = tokens.stream().anyMatch(token -> token.isName("endgeneration"));
    Mentions.of(statements);
    this.frames = Frames.of(statements);
  }

  /**
   * @throws JinjaException if the text is no template, or has something in it that is not
   *     supported, with the place
   */
  public static JinjaTemplate parse(String source) {
    if (source.length() > LONGEST) {
      throw new JinjaException(
          JinjaException.LIMIT, "the template is longer than %d letters".formatted(LONGEST));
    }
    return new JinjaTemplate(new Source(source));
  }

  /** Whether it has {@code {% generation %}} anywhere. */
  public boolean marksWords() {
    return marks;
  }

  /**
   * @param variables by name: texts, numbers, booleans, null, lists and maps of these
   * @param now the time for {@code strftime_now}
   * @throws JinjaException if the template refuses them, is wrong, or takes too long, with the
   *     place
   */
  public JinjaText render(Map<String, ? extends @Nullable Object> variables, LocalDateTime now) {
    JavaValues values = new JavaValues();
    Map<String, Object> names = new HashMap<>(Globals.at(now));
    variables.forEach((name, value) -> names.put(name, values.of(value)));
    return new Interpreter(new Budget(values.letters()), frames)
        .render(statements, Scope.of(names));
  }
}
