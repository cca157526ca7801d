package org.peft4j.transformers.jinja;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.peft4j.testkit.Shared;

/** Real chat templates, beside what transformers and Jinja2 make of them. */
class ReferencesTest {

  private static final LocalDateTime NOW = LocalDateTime.of(2026, 1, 15, 9, 30);
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.USE_BIG_INTEGER_FOR_INTS);

  @Test
  void rendersWhatTransformersRenders() throws IOException {
    Path folder = Shared.require("data/templates");
    List<String> lines = Files.readAllLines(folder.resolve("references.jsonl"));
    Map<String, JinjaTemplate> templates = new HashMap<>();
    List<String> wrong = new ArrayList<>();

    for (String line : lines) {
      JsonNode reference = JSON.readTree(line);
      String name = reference.get("template").textValue();
      JinjaTemplate template = templates.get(name);
      if (template == null) {
        template = JinjaTemplate.parse(Files.readString(folder.resolve(name + ".jinja")));
        templates.put(name, template);
      }
      String difference = difference(template, reference);
      if (!difference.isEmpty()) {
        wrong.add(name + " " + reference.get("case").textValue() + ": " + difference);
      }
    }

    System.out.printf(
        "%d of %d renderings of %d templates are equal%n",
        lines.size() - wrong.size(), lines.size(), templates.size());
    assertThat(wrong).isEmpty();
    assertThat(templates).hasSize(106);
    assertThat(lines).hasSize(1721);
  }

  private static String difference(JinjaTemplate template, JsonNode reference) {
    try {
      JinjaText text = template.render(variables(reference), NOW);
      if (reference.has("error")) {
        return "rendered, not " + reference.get("error") + ": " + reference.get("message");
      }
      String expected = reference.get("text").textValue();
      if (!expected.equals(text.text())) {
        return "expected <" + expected + "> but was <" + text.text() + ">";
      }
      return spans(text, reference);
    } catch (JinjaException e) {
      boolean refusal = e.error().equals(JinjaException.REFUSAL);
      boolean expected =
          reference.has("error")
              && e.error().equals(reference.get("error").textValue())
              && (!refusal || e.words().equals(reference.get("message").textValue()));
      return expected ? "" : e.error() + " " + e.getMessage() + " for " + reference.get("message");
    }
  }

  private static String spans(JinjaText text, JsonNode reference) {
    if (!reference.has("assistant_spans")) {
      return "";
    }
    List<List<Integer>> expected = new ArrayList<>();
    reference
        .get("assistant_spans")
        .forEach(span -> expected.add(List.of(span.get(0).intValue(), span.get(1).intValue())));
    List<List<Integer>> spans =
        text.spans().stream()
            .map(
                span ->
                    List.of(
                        text.text().codePointCount(0, span.start()),
                        text.text().codePointCount(0, span.end())))
            .toList();
    return spans.equals(expected) && !text.losesSpans()
        ? ""
        : "spans " + spans + " not " + expected;
  }

  private static Map<String, Object> variables(JsonNode reference) {
    Map<String, Object> variables = new LinkedHashMap<>();
    variables.put("messages", plain(reference.get("messages")));
    variables.put("tools", plain(reference.get("tools")));
    variables.put("documents", plain(reference.path("documents")));
    variables.put("add_generation_prompt", plain(reference.get("add_generation_prompt")));
    for (String name : List.of("bos_token", "eos_token")) {
      if (reference.path(name).isTextual()) {
        variables.put(name, reference.get(name).textValue());
      }
    }
    for (String name : List.of("special_tokens", "kwargs")) {
      reference
          .path(name)
          .properties()
          .forEach(e -> variables.put(e.getKey(), plain(e.getValue())));
    }
    return variables;
  }

  private static Object plain(JsonNode node) {
    return node.isMissingNode() || node.isNull() ? null : JSON.convertValue(node, Object.class);
  }
}
