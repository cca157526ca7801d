package org.peft4j.transformers.jinja;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whatever a template is made of, it is rendered or refused. */
class MutatedTemplatesTest {

  private static final Path FOLDER = Path.of("src/test/resources/org/peft4j/transformers");
  private static final int MUTATIONS = 4000;

  private static final List<String> PIECES =
      List.of(
          "{{",
          "}}",
          "{%",
          "%}",
          "{#",
          "#}",
          "-%}",
          "{%-",
          "{% endfor %}",
          "{% endif %}",
          "(",
          ")",
          "[",
          "]",
          "{",
          "}",
          "'",
          "\"",
          "\\",
          "|",
          ".",
          ",",
          ":",
          "=",
          "~",
          "**",
          "//",
          "%",
          " is ",
          " in ",
          " not ",
          " if ",
          " else ",
          "loop",
          "none",
          "true",
          "messages",
          "range(9)",
          "|map",
          "|tojson",
          "|list",
          "|first",
          "[-1]",
          "[::-1]",
          "['a']",
          ".x",
          "()",
          "1e9",
          "10",
          "-1",
          "{% set x = ",
          "{% for x in ",
          "{% if ",
          "{% else %}",
          "{% macro m(x) %}",
          "{% endmacro %}",
          "{% break %}",
          "\uD83D",
          "\uE0A1",
          "\u0000",
          "\n");

  @Test
  @Timeout(60)
  void isRenderedOrRefused() throws IOException {
    List<String> templates = templates();
    Random random = new Random(7);
    int rendered = 0;
    int refused = 0;
    for (int i = 0; i < MUTATIONS; i++) {
      String template = mutated(templates.get(i % templates.size()), random);
      try {
        JinjaTemplate.parse(template).render(variables(), LocalDateTime.now());
        rendered++;
      } catch (JinjaException e) {
        assertThat(e.getMessage()).isNotBlank();
        refused++;
      } catch (RuntimeException | StackOverflowError e) {
        throw new AssertionError("mutation " + i + ":\n" + template, e);
      }
    }
    System.out.printf(
        "%d mutated templates: %d rendered, %d refused%n", MUTATIONS, rendered, refused);
    assertThat(rendered).isGreaterThan(MUTATIONS / 20);
    assertThat(refused).isGreaterThan(MUTATIONS / 20);
  }

  private static List<String> templates() throws IOException {
    List<String> templates = new ArrayList<>();
    try (Stream<Path> files = Files.walk(FOLDER)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".jinja")).sorted().toList()) {
        templates.add(Files.readString(file));
      }
    }
    assertThat(templates).isNotEmpty();
    return templates;
  }

  private static String mutated(String template, Random random) {
    StringBuilder text = new StringBuilder(template);
    int changes = 1 + random.nextInt(3);
    for (int i = 0; i < changes; i++) {
      int at = random.nextInt(text.length() + 1);
      int end = Math.min(text.length(), at + random.nextInt(12));
      switch (random.nextInt(4)) {
        case 0 -> text.delete(at, end);
        case 1 -> text.insert(at, PIECES.get(random.nextInt(PIECES.size())));
        case 2 -> text.replace(at, end, PIECES.get(random.nextInt(PIECES.size())));
        default -> text.insert(at, text.substring(at, end));
      }
    }
    return text.toString();
  }

  private static Map<String, Object> variables() {
    return Map.of(
        "messages",
        List.of(
            Map.of("role", "user", "content", "Hi"), Map.of("role", "assistant", "content", "a")),
        "add_generation_prompt",
        true,
        "eos_token",
        "</s>");
  }
}
