package org.peft4j.transformers.jinja;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Each construct beside what Jinja2 makes of it; {@code constructs.py} made the references. */
class ConstructsTest {

  private static final Path FILE =
      Path.of("src/test/resources/org/peft4j/transformers/jinja/constructs.json");
  private static final LocalDateTime NOW = LocalDateTime.of(2026, 1, 5, 9, 3, 7);
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.USE_BIG_INTEGER_FOR_INTS);

  private static final Set<String> SYNTAX =
      Set.of("TemplateSyntaxError", "TemplateAssertionError", "SyntaxError");

  @Test
  void isWhatJinja2MakesOfIt() throws IOException {
    JsonNode file = JSON.readTree(FILE.toFile());
    Map<String, Object> variables =
        JSON.convertValue(file.get("variables"), new TypeReference<Map<String, Object>>() {});
    List<String> wrong = new ArrayList<>();
    for (JsonNode reference : file.get("cases")) {
      String expected =
          reference.get(1).isNull()
              ? "error " + error(reference.get(2).textValue())
              : reference.get(1).textValue();
      String actual = rendered(reference.get(0).textValue(), variables);
      if (!actual.startsWith("error Unsupported") && !actual.equals(expected)) {
        wrong.add(
            reference.get(0) + "\n  expected <" + expected + ">\n  but was  <" + actual + ">\n");
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(file.get("cases")).hasSizeGreaterThan(250);
  }

  /** Few are refused that Jinja2 renders, and it is known which. */
  @Test
  void isSeldomRefused() throws IOException {
    JsonNode file = JSON.readTree(FILE.toFile());
    Map<String, Object> variables =
        JSON.convertValue(file.get("variables"), new TypeReference<Map<String, Object>>() {});
    List<String> refused = new ArrayList<>();
    for (JsonNode reference : file.get("cases")) {
      if (rendered(reference.get(0).textValue(), variables).startsWith("error Unsupported")) {
        refused.add(reference.get(0).textValue());
      }
    }
    assertThat(refused).containsExactly("{{ i.real }}");
  }

  private static String error(String name) {
    return SYNTAX.contains(name) ? "TemplateSyntaxError" : name;
  }

  private static String rendered(String template, Map<String, Object> variables) {
    try {
      return JinjaTemplate.parse(template).render(variables, NOW).text();
    } catch (JinjaException e) {
      return "error " + e.error() + (e.error().equals("Unsupported") ? " " + e.getMessage() : "");
    }
  }
}
