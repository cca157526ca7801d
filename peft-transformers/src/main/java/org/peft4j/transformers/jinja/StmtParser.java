package org.peft4j.transformers.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.peft4j.transformers.jinja.Stmt.Target;
import org.peft4j.transformers.jinja.Token.Kind;

/** Reads a template's statements. */
final class StmtParser {

  private static final Set<String> FOREIGN =
      Set.of(
          "include",
          "import",
          "from",
          "extends",
          "block",
          "autoescape",
          "do",
          "debug",
          "trans",
          "pluralize");

  private final Tokens tokens;
  private final ExprParser expressions;

  /** Loops around what is read now, within the innermost macro or block that is called. */
  private int loops;

  private StmtParser(Tokens tokens) {
    this.tokens = tokens;
    this.expressions = new ExprParser(tokens);
  }

  static List<Stmt> parse(List<Token> template) {
    StmtParser parser = new StmtParser(new Tokens(template));
    List<Stmt> statements = parser.statements();
    if (!parser.tokens.current().is(Kind.EOF)) {
      Token tag = parser.tokens.after();
      throw JinjaException.syntax("unexpected tag " + tag.described(), tag.place());
    }
    return statements;
  }

  /** Up to the end or a tag that is one of the ends, whose begin is not taken. */
  private List<Stmt> statements(String... ends) {
    List<Stmt> statements = new ArrayList<>();
    while (!tokens.current().is(Kind.EOF) && !atEnd(ends)) {
      Token token = tokens.current();
      if (token.is(Kind.DATA)) {
        statements.add(new Stmt.Text(tokens.take().text()));
      } else if (token.is(Kind.VARIABLE_BEGIN)) {
        tokens.take();
        statements.add(new Stmt.Output(expressions.tuple(true, false)));
        tokens.expect(Kind.VARIABLE_END, "}}");
      } else if (isForeignEnd()) {
        return statements;
      } else {
        tokens.take();
        statements.addAll(statement());
        tokens.expect(Kind.BLOCK_END, "%}");
      }
    }
    return statements;
  }

  private boolean atEnd(String... ends) {
    return tokens.current().is(Kind.BLOCK_BEGIN)
        && tokens.after().is(Kind.NAME)
        && List.of(ends).contains(tokens.after().text());
  }

  /** An end of something that is not open here: whoever called finds it is not theirs. */
  private boolean isForeignEnd() {
    Token tag = tokens.after();
    return tag.is(Kind.NAME)
        && (tag.text().startsWith("end") || tag.isName("else") || tag.isName("elif"));
  }

  private List<Stmt> body(String end, String... others) {
    tokens.takeOperator(":");
    tokens.expect(Kind.BLOCK_END, "%}");
    List<String> ends = new ArrayList<>(List.of(others));
    ends.add(end);
    tokens.enter();
    List<Stmt> body = statements(ends.toArray(new String[0]));
    tokens.leave();
    if (!atEnd(ends.toArray(new String[0]))) {
      Token found = tokens.current().is(Kind.EOF) ? tokens.current() : tokens.after();
      throw JinjaException.syntax(
          "expected {% " + end + " %} but found " + found.described(), found.place());
    }
    tokens.take();
    return body;
  }

  /** A body, with its end tag's name taken. */
  private List<Stmt> whole(String end) {
    List<Stmt> body = body(end);
    tokens.take();
    return body;
  }

  private List<Stmt> statement() {
    Token tag = tokens.expect(Kind.NAME, "a tag's name");
    return switch (tag.text()) {
      case "if" -> List.of(ifs());
      case "for" -> List.of(loop(tag.place()));
      case "set" -> List.of(set(tag.place()));
      case "print" -> print();
      case "macro" -> List.of(macro());
      case "call" -> List.of(call(tag.place()));
      case "filter" ->
          List.of(new Stmt.FilterBlock(expressions.primaries().filters(false), whole("endfilter")));
      case "with" -> List.of(with(tag.place()));
      case "generation" -> List.of(new Stmt.Generation(apart(() -> whole("endgeneration"))));
      case "break" -> List.of(inLoop(tag, new Stmt.Break()));
      case "continue" -> List.of(inLoop(tag, new Stmt.Continue()));
      default -> throw unknown(tag);
    };
  }

  private static JinjaException unknown(Token tag) {
    return FOREIGN.contains(tag.text())
        ? JinjaException.unsupported("{% " + tag.text() + " %}").at(tag.place())
        : JinjaException.syntax("there is no tag '" + tag.text() + "'", tag.place());
  }

  private Stmt inLoop(Token tag, Stmt statement) {
    if (loops == 0) {
      throw JinjaException.syntax("'" + tag.text() + "' outside a loop", tag.place());
    }
    return statement;
  }

  /** What is a function of its own in Jinja2, so that it cannot leave a loop around it. */
  private <T> T apart(java.util.function.Supplier<T> reading) {
    int around = loops;
    loops = 0;
    T read = reading.get();
    loops = around;
    return read;
  }

  private Stmt.If ifs() {
    Expr test = expressions.tuple(false, false);
    List<Stmt> body = body("endif", "elif", "else");
    List<Stmt.If> elifs = new ArrayList<>();
    while (tokens.takeName("elif")) {
      Expr also = expressions.tuple(false, false);
      elifs.add(new Stmt.If(also, body("endif", "elif", "else"), List.of(), List.of()));
    }
    List<Stmt> otherwise = tokens.takeName("else") ? body("endif") : List.of();
    tokens.expectName("endif");
    return new Stmt.If(test, body, elifs, otherwise);
  }

  private Stmt loop(Place place) {
    Target target = Targets.read(tokens, false, "in");
    tokens.expectName("in");
    Expr values = expressions.tuple(false, false, "recursive");
    Optional<Expr> test =
        tokens.takeName("if") ? Optional.of(expressions.expression()) : Optional.empty();
    boolean recursive = tokens.takeName("recursive");
    loops++;
    List<Stmt> body = body("endfor", "else");
    loops--;
    List<Stmt> otherwise = tokens.takeName("else") ? body("endfor") : List.of();
    tokens.expectName("endfor");
    return new Stmt.For(target, values, test, recursive, body, otherwise, place);
  }

  private Stmt set(Place place) {
    Target target = Targets.read(tokens, true);
    if (tokens.takeOperator("=")) {
      return new Stmt.Assign(target, expressions.tuple(true, false), place);
    }
    Optional<Expr> filters =
        tokens.current().isOperator("|")
            ? Optional.of(expressions.primaries().filters(true))
            : Optional.empty();
    return new Stmt.AssignBlock(target, filters, whole("endset"), place);
  }

  private List<Stmt> print() {
    List<Stmt> outputs = new ArrayList<>();
    while (!tokens.current().is(Kind.BLOCK_END)) {
      if (!outputs.isEmpty()) {
        tokens.expectOperator(",");
      }
      outputs.add(new Stmt.Output(expressions.expression()));
    }
    return outputs;
  }

  private Stmt macro() {
    String name = tokens.expect(Kind.NAME, "a macro's name").text();
    Stmt.Signature signature = signature();
    return new Stmt.MacroOf(name, signature, apart(() -> whole("endmacro")));
  }

  private Stmt call(Place place) {
    Stmt.Signature signature = tokens.current().isOperator("(") ? signature() : Stmt.Signature.NONE;
    Expr called = expressions.expression();
    if (!(called instanceof Expr.Call call)) {
      throw JinjaException.syntax("expected a call", place);
    }
    return new Stmt.CallBlock(signature, call, apart(() -> whole("endcall")));
  }

  private Stmt.Signature signature() {
    List<String> names = new ArrayList<>();
    List<Expr> defaults = new ArrayList<>();
    tokens.expectOperator("(");
    while (!tokens.takeOperator(")")) {
      if (!names.isEmpty()) {
        tokens.expectOperator(",");
      }
      Token name = tokens.expect(Kind.NAME, "an argument's name");
      names.add(Targets.requireFree(name));
      if (tokens.takeOperator("=")) {
        defaults.add(expressions.expression());
      } else if (!defaults.isEmpty()) {
        throw JinjaException.syntax("an argument without a default after one with", name.place());
      }
    }
    return new Stmt.Signature(names, defaults);
  }

  private Stmt with(Place place) {
    List<Stmt.Assign> values = new ArrayList<>();
    while (!tokens.current().is(Kind.BLOCK_END)) {
      if (!values.isEmpty()) {
        tokens.expectOperator(",");
      }
      Target target = Targets.read(tokens, false);
      tokens.expectOperator("=");
      values.add(new Stmt.Assign(target, expressions.expression(), place));
    }
    return new Stmt.With(values, whole("endwith"));
  }
}
