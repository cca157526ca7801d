package org.peft4j.transformers.chat;

import com.hubspot.jinjava.Jinjava;
import com.hubspot.jinjava.JinjavaConfig;
import com.hubspot.jinjava.LegacyOverrides;
import com.hubspot.jinjava.el.JinjavaInterpreterResolver;
import com.hubspot.jinjava.interpret.RenderResult;
import com.hubspot.jinjava.interpret.TemplateError;
import com.hubspot.jinjava.lib.fn.ELFunctionDefinition;
import java.time.LocalDateTime;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import jinjava.javax.el.CompositeELResolver;
import jinjava.javax.el.ELResolver;

/**
 * Jinjava set up as Hugging Face sets up Jinja2: blocks trimmed on both sides, no escaping, {@code
 * raise_exception}, {@code strftime_now}, {@code {% generation %}} and Python's methods. What it
 * cannot read is put in other words first.
 */
final class Rendering {

  private static final LegacyOverrides LIKE_JINJA2 =
      LegacyOverrides.newBuilder()
          .withEvaluateMapKeys(true)
          .withIterateOverMapKeys(true)
          .withUsePyishObjectMapper(true)
          .withUseNaturalOperatorPrecedence(true)
          .withAllowAdjacentTextNodes(true)
          .withUseTrimmingForNotesAndExpressions(true)
          .withKeepNullableLoopValues(true)
          .build();

  /** What {@code lstrip_blocks} takes away; Jinjava's would strip within lines too. */
  private static final Pattern INDENT = Pattern.compile("(?m)^[ \\t]+(?=\\{[%#](?!\\+))");

  /** What {@code trim_blocks} takes away. */
  private static final Pattern LINE_END = Pattern.compile("((?<!\\+)[%#]})\\n");

  /** Slices have no steps. */
  private static final Pattern REVERSED = Pattern.compile("(\\w+)\\[::-1]");

  /** In a named argument it takes the filter for the whole value. */
  private static final Pattern FILTERED_ARGUMENT =
      Pattern.compile("(\\w+)=(\\w+\\s*\\|\\s*length\\s*[-+]\\s*\\d+)");

  /** Jinjava passes over such a loop without a word. */
  private static final Pattern LOOP_WITH_CONDITION =
      Pattern.compile("\\{%[-+]?\\s*for\\s(?:(?!%}).)*?\\sif\\s(?:(?!%}|\\selse\\s).)*%}");

  private static final Pattern STRING =
      Pattern.compile("'(?:\\\\.|[^'\\\\])*'|\"(?:\\\\.|[^\"\\\\])*\"", Pattern.DOTALL);

  private static final Pattern BLOCK =
      Pattern.compile("\\{[{%](?:" + STRING + "|[^'\"])*?[}%]}", Pattern.DOTALL);

  private static final Pattern FILTER = Pattern.compile("\\|\\s*([A-Za-z_]\\w*)");

  /** Jinjava takes them for nothing. */
  private static final Pattern NEIGHBOUR = Pattern.compile("loop\\.(?:prev|next)item");

  private final Jinjava jinjava;

  Rendering() {
    jinjava =
        new Jinjava(
            JinjavaConfig.newBuilder()
                .withNestedInterpretationEnabled(false)
                .withLegacyOverrides(LIKE_JINJA2)
                .withElResolver(resolver())
                .withMaxOutputSize(0)
                .build());
    jinjava.registerTag(new GenerationTag());
    jinjava.registerFilter(new JsonFilter());
    jinjava.registerFunction(function("raise_exception", "refuse"));
    jinjava.registerFunction(function("strftime_now", "now"));
  }

  private static ELResolver resolver() {
    CompositeELResolver all = new CompositeELResolver();
    all.add(new PythonMethods());
    all.add(JinjavaInterpreterResolver.DEFAULT_RESOLVER_READ_ONLY);
    return all;
  }

  private static ELFunctionDefinition function(String name, String method) {
    return new ELFunctionDefinition("", name, Rendering.class, method, String.class);
  }

  /**
   * @throws TemplateRefusal if the template refuses
   * @throws IllegalArgumentException if it cannot be rendered; the message has the line and reason
   */
  String render(String template, Map<String, ?> variables) {
    RenderResult result = jinjava.renderForResult(adapted(template), variables);
    if (result.hasErrors()) {
      throw failure(result.getErrors().get(0));
    }
    return result.getOutput();
  }

  /**
   * @throws IllegalArgumentException if there is something in the template that would silently be
   *     rendered wrong
   */
  void requireReadable(String place, String template) {
    refuse(
        place,
        template,
        LOOP_WITH_CONDITION,
        "a loop with a condition cannot be rendered here, put the condition inside");
    refuse(
        place,
        template,
        NEIGHBOUR,
        "a loop's neighbours cannot be rendered here, use messages[loop.index0 - 1] or + 1");
    BLOCK
        .matcher(template)
        .results()
        .flatMap(block -> FILTER.matcher(STRING.matcher(block.group()).replaceAll("")).results())
        .map(filter -> filter.group(1))
        .filter(name -> jinjava.getGlobalContext().getFilter(name) == null)
        .findFirst()
        .ifPresent(
            name -> {
              throw new IllegalArgumentException(place + ": there is no filter " + name + " here");
            });
  }

  private static void refuse(String place, String template, Pattern what, String why) {
    Matcher found = what.matcher(template);
    if (found.find()) {
      long line = template.substring(0, found.start()).chars().filter(c -> c == '\n').count() + 1;
      throw new IllegalArgumentException(
          "%s, line %d: %s: %s".formatted(place, line, why, found.group()));
    }
  }

  private static String adapted(String template) {
    String flush = INDENT.matcher(template).replaceAll("");
    String joined = LINE_END.matcher(flush).replaceAll("$1");
    String forward = REVERSED.matcher(joined).replaceAll("$1|reverse");
    return FILTERED_ARGUMENT.matcher(forward).replaceAll("$1=($2)");
  }

  private static RuntimeException failure(TemplateError error) {
    Optional<Throwable> refusal =
        Stream.iterate((Throwable) error.getException(), e -> e != null, Throwable::getCause)
            .filter(TemplateRefusal.class::isInstance)
            .findFirst();
    return refusal.isPresent()
        ? (TemplateRefusal) refusal.get()
        : new IllegalArgumentException(
            "line %d: %s".formatted(error.getLineno(), error.getMessage()));
  }

  /** What {@code raise_exception} calls. */
  public static String refuse(String message) {
    throw new TemplateRefusal(message);
  }

  /** What {@code strftime_now} calls. */
  public static String now(String format) {
    return PythonDates.format(format, LocalDateTime.now());
  }
}
