package org.peft4j.transformers.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Templates that want to take all time, memory or stack are refused, always at the same place. */
@Timeout(60)
class HostileTemplatesTest {

  private static final String LOOP = "{% for x in range(1000) %}";
  private static final String END = "{% endfor %}";

  static List<String> hostile() {
    return List.of(
        LOOP + LOOP + LOOP + END + END + END,
        "{% set ns = namespace(x='aaaaaaaa') %}{% for i in range(60) %}"
            + "{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
        "{% set ns = namespace(x=['a']) %}{% for i in range(60) %}"
            + "{% set ns.x = ns.x + ns.x %}{% endfor %}",
        "{{ 'a' * 10 ** 9 }}",
        "{{ [1] * 10 ** 9 }}",
        "{{ 'a' * 10 ** 30 }}",
        "{{ 10 ** (10 ** 9) }}",
        "{{ 2 ** 100000 }}",
        "{% set ns = namespace(x=3) %}{% for i in range(60) %}{% set ns.x = ns.x * ns.x %}{% endfor %}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '%*d' % (10 ** 9, 1) }}",
        "{{ '%.1000000000f' % 1 }}",
        "{{ '{:1000000000}'.format(1) }}",
        "{{ '{:>999999999}'.format('a') }}",
        "{{ '{:.999999999f}'.format(1.5) }}",
        "{{ 'a'.center(10 ** 9) }}",
        "{{ 'a'.ljust(10 ** 9) }}",
        "{{ 'a'.rjust(10 ** 9) }}",
        "{{ 'a'.zfill(10 ** 9) }}",
        "{{ 'a' | center(10 ** 9) }}",
        "{{ 'a\\nb' | indent(10 ** 9) }}",
        "{{ ('a\\n' * 100000) | indent(1000) }}",
        "{{ '\\t'.expandtabs(10 ** 9) }}",
        "{{ ('\\t' * 100000).expandtabs(100000) }}",
        "{{ [[1]] | tojson(indent=10 ** 9) }}",
        "{{ ('a' * 100000).replace('a', 'b' * 100000) }}",
        "{{ ('a' * 100000) | replace('', 'b' * 100000) }}",
        "{{ ('a' * 10000).join(['b'] * 100000) }}",
        "{{ ['b'] * 100000 | join('a' * 10000) }}",
        "{{ range(100000) | batch(10 ** 9, 'x') | list }}",
        "{{ [1] | slice(10 ** 9) | list }}",
        "{{ " + "9".repeat(1_000_000) + " }}",
        "{{ ('" + "9".repeat(100_000) + "' | int) * 2 ~ messages.x.y }}",
        "{% set x = 'ab' * 1000000 %}{% for i in range(100000) %}{% if x[i] in x %}{% endif %}"
            + "{% set y = x.find('b' * 1000) %}{% endfor %}");
  }

  static List<String> deep() {
    return List.of(
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% macro m(n) %}{% if n %}{{ m(n) }}{{ m(n) }}{% endif %}{% endmacro %}{{ m(1) }}",
        "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}",
        "{% macro m() %}{% call m() %}{{ caller() }}{% endcall %}{% endmacro %}{{ m() }}",
        "{% for x in [1] recursive %}{{ loop([x]) }}{% endfor %}",
        "{% set ns = namespace(x=[]) %}{% for i in range(10000) %}{% set ns.x = [ns.x] %}"
            + "{% endfor %}{{ ns.x }}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(10000) %}"
            + "{% set ns.x = ns.x | map('upper') %}{% endfor %}{{ ns.x | list }}",
        "{% set ns = namespace(x={}) %}{% for i in range(10000) %}{% set ns.x = {'a': ns.x} %}"
            + "{% endfor %}{{ ns.x | tojson }}",
        "{% set ns = namespace(x=(1,)) %}{% for i in range(40) %}{% set ns.x = (ns.x, ns.x) %}"
            + "{% endfor %}{{ ns.x == ns.x }}{{ ns.x }}",
        "{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(40) %}{% set ns.x = [ns.x, ns.x] %}"
            + "{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}",
        "{% set ns = namespace(x={}) %}{% for i in range(40) %}{% set ns.x = {'a': ns.x, 'b': ns.x} %}"
            + "{% endfor %}{{ ns.x | tojson }}",
        "{{ " + "(".repeat(5000) + "1" + ")".repeat(5000) + " }}",
        "{{ " + "[".repeat(5000) + "1" + "]".repeat(5000) + " }}",
        "{{ " + "-".repeat(5000) + "1 }}",
        "{{ " + "not ".repeat(5000) + "1 }}",
        "{{ 1" + " + 1".repeat(5000) + " }}",
        "{{ 1" + " ** 1".repeat(5000) + " }}",
        "{{ x" + ".y".repeat(5000) + " }}",
        "{{ x" + "|string".repeat(5000) + " }}",
        "{{ 1" + " if 1".repeat(5000) + " }}",
        "{{ 1" + " if 1 else 1".repeat(5000) + " }}",
        "{{ f" + "(f".repeat(5000) + ")".repeat(5000) + " }}",
        "{{ " + "(x".repeat(100) + ".y".repeat(100) + (")" + ".y".repeat(100)).repeat(99) + ") }}",
        "{{ {'a': ".repeat(3000) + "1" + "}".repeat(3000) + " }}",
        "{% set " + "(".repeat(5000) + "a" + ")".repeat(5000) + " = 1 %}",
        "{% if true %}".repeat(6000) + "x" + "{% endif %}".repeat(6000),
        "{% for x in y %}".repeat(6000) + "x" + "{% endfor %}".repeat(6000),
        "{{ '" + "{a[".repeat(2000) + "'.format(a=1) }}");
  }

  @ParameterizedTest
  @MethodSource("deep")
  void whatIsTooDeepIsRefused(String template) {
    assertThatThrownBy(() -> render(template)).isInstanceOf(JinjaException.class);
  }

  @ParameterizedTest
  @MethodSource("hostile")
  void isRefused(String template) {
    assertThatThrownBy(() -> render(template)).isInstanceOf(JinjaException.class);
  }

  @Test
  void whatIsLongButOrdinaryIsRendered() {
    assertThat(render("a".repeat(200_000))).hasSize(200_000);
    assertThat(render("{{ '" + "a".repeat(600_000) + "' }}")).hasSize(600_000);
    assertThat(render("{{ 1" + " ~ 1".repeat(5000) + " }}")).hasSize(5001);
    assertThat(render("{% if x %}a" + "{% elif x %}b".repeat(5000) + "{% else %}c{% endif %}"))
        .isEqualTo("c");
    assertThat(render("{{ '1_'*20000 ~ '1' | int }}")).hasSize(40001);
    assertThat(render("{{ ('1_'*20000) | float }}")).isEqualTo("0.0");
  }

  @Test
  void conversationsOfThousandsOfTurnsAreRendered() {
    List<Map<String, Object>> messages = new ArrayList<>();
    for (int i = 0; i < 3000; i++) {
      messages.add(Map.of("role", i % 2 == 0 ? "user" : "assistant", "content", "x".repeat(300)));
    }

    String text =
        JinjaTemplate.parse(
                "{% set ns = namespace(last=0, all='') %}{% for m in messages %}"
                    + "{% if m.role == 'user' %}{% set ns.last = loop.index0 %}{% endif %}{% endfor %}"
                    + "{% for i in range(messages|length) %}{% if i <= ns.last %}"
                    + "{{ messages[i].content.strip().split('</think>')[-1] }}{% endif %}"
                    + "{% for m in messages[i:] %}{% if m.role == 'tool' %}t{% endif %}"
                    + "{% endfor %}{% endfor %}")
            .render(Map.of("messages", messages), LocalDateTime.now())
            .text();

    assertThat(text).hasSize(300 * 2999);
  }

  @Test
  void aThreadWithASmallStackIsEnough() throws InterruptedException {
    List<Throwable> errors = new ArrayList<>();
    Thread thread =
        new Thread(
            null,
            () -> {
              for (String template : deep()) {
                try {
                  render(template);
                } catch (JinjaException refused) {
                  assertThat(refused.getMessage()).isNotBlank();
                } catch (Throwable e) {
                  errors.add(e);
                }
              }
            },
            "small",
            512 << 10);
    thread.start();
    thread.join(Duration.ofSeconds(50).toMillis());

    assertThat(thread.isAlive()).isFalse();
    assertThat(errors.stream().map(HostileTemplatesTest::where)).isEmpty();
  }

  @Test
  void theSameTemplateIsRefusedAtTheSamePlace() {
    String template = LOOP + LOOP + LOOP + "{{ x }}" + END + END + END;

    assertThatThrownBy(() -> render(template))
        .hasMessage("line 1, column 82: the template takes too many steps; shorten its loops");
  }

  private static String where(Throwable e) {
    return e + " " + List.of(e.getStackTrace()).subList(0, Math.min(40, e.getStackTrace().length));
  }

  private static String render(String template) {
    return JinjaTemplate.parse(template).render(Map.of(), LocalDateTime.now()).text();
  }
}
