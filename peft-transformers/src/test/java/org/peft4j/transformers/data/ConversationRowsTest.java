package org.peft4j.transformers.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.peft4j.transformers.data.ExampleFiles.ASCII;
import static org.peft4j.transformers.data.ExampleFiles.settings;
import static org.peft4j.transformers.data.ExampleFiles.write;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.transformers.chat.ChatTemplate;
import org.peft4j.transformers.model.TokenBatch;

/** What rows say of a conversation reaches the template, or is refused. */
class ConversationRowsTest {

  private static final ChatTemplate PLAIN = template("");

  /** Writes tools and calls, too. */
  private static final ChatTemplate WITH_TOOLS =
      template("{% if tools %}<tools>{% for t in tools %}{{ t.name }},{% endfor %}.{% endif %}");

  @TempDir Path folder;

  private static ChatTemplate template(String before) {
    String calls =
        before.isEmpty()
            ? ""
            : "{% if m.tool_calls %}{% for c in m.tool_calls %}!{{ c.function.name }}{% endfor %}"
                + "{% endif %}";
    return ChatTemplate.of(
        before
            + "{% for m in messages %}{{ '<' + m.role + '>' }}{% if m.content %}{{ m.content }}"
            + "{% endif %}"
            + calls
            + "{{ '.' }}{% endfor %}{% if add_generation_prompt %}{{ '<assistant>' }}{% endif %}",
        Map.of());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"messages\": [{\"role\": \"system\", \"content\": \"s\"}, U, A]}",
        "{\"messages\": [U, A], \"system\": \"s\"}",
        "{\"conversations\": [{\"from\": \"human\", \"value\": \"a\"}, A], \"system\": \"s\"}",
        "{\"messages\": [{\"role\": \"system\", \"content\": \"s\"}, U, A], \"system\": \" s\"}",
        "{\"prompt\": [U], \"completion\": [A], \"system\": \"s\"}",
        "{\"instruction\": \"a\", \"output\": \"b\", \"system\": \"s\"}"
      })
  void aSystemTextBesideTheConversationIsItsFirstTurn(String row) throws IOException {
    assertThat(text(only(row, PLAIN))).isEqualTo("<system>s.<user>a.<assistant>b.");
  }

  @Test
  void aSystemTextThatTheConversationContradictsIsRefused() throws IOException {
    refuses(
        "{\"messages\": [{\"role\": \"system\", \"content\": \"s\"}, U, A], \"system\": \"t\"}",
        PLAIN,
        "\"system\" is not what the conversation's first turn says; keep one of both");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"weight\": 0",
        "\"weight\": 0.0",
        "\"train\": false",
        "\"loss\": false",
        "\"trainable\": false",
        "\"training\": \"false\""
      })
  void aTurnThatIsMarkedIsNotLearned(String mark) throws IOException {
    Example example =
        only(
            "{\"messages\": [U, {\"role\": \"assistant\", \"content\": \"n\", "
                + mark
                + "}, U, A]}",
            PLAIN);
    assertThat(text(example)).isEqualTo("<user>a.<assistant>n.<user>a.<assistant>b.");
    assertThat(learned(example)).isEqualTo("b.");
  }

  @Test
  void aMarkThatSaysNothingElseChangesNothing() throws IOException {
    String marked =
        "{\"messages\": [{\"role\": \"user\", \"content\": \"a\", \"weight\": 0},"
            + " {\"role\": \"assistant\", \"content\": \"b\", \"weight\": 1, \"train\": null}]}";
    assertThat(learned(only(marked, PLAIN))).isEqualTo("b.");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          [{"role": "user", "content": "a", "train": true}, A] | "messages[0]" is to be learned, as "train" says, but only the assistant's turns can be
          [U, {"role": "assistant", "content": "b", "weight": 0.5}] | "messages[1]" has "weight" 0.5; a turn is learned (true, 1) or not (false, 0)
          [U, {"role": "assistant", "content": "b", "train_detail": [{}]}] | "messages[1]" has "train_detail" [{}]; a turn is learned (true, 1) or not (false, 0)
          [U, {"role": "assistant", "content": "b", "weight": 0}] | predicts nothing: all messages of the assistant are marked as not to be learned
          [U, {"role": "assistant", "content": "b", "function_call": {"name": "f"}}] | "messages[1]" holds "function_call", which is not learned from; write it as "tool_calls"
          [{"role": "user", "content": "a", "images": ["x.png"]}, A] | "messages[0]" holds "images", which is not learned from
          [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image_url"}]}, A] | "messages[0].content[1]" is of type "image_url", but only parts of type "text" are read
          [U, {"role": "assistant", "content": null}] | "messages[1]" needs "content", a string or parts of text, but has null
          [U, {"role": "assistant", "content": null, "tool_calls": [{"function": {"name": "f"}}]}, A] | messages[1] has "tool_calls", which the chat template does not write; --chat-template takes one that does
          ["a", A] | "messages[0]" must be an object but is a string
          [{"from": "function_call", "value": "no"}, A] | "messages[0]" must be a call in JSON, but is not valid JSON: the word 'no' is no JSON (column 1)
          """)
  void whatIsNotObeyedIsRefused(String turns, String reason) throws IOException {
    refuses("{\"messages\": " + turns + "}", PLAIN, reason);
  }

  @Test
  void contentInTextPartsIsTheirText() throws IOException {
    String parts =
        "{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"text\", \"text\": \"a\"},"
            + " {\"type\": \"text\", \"text\": \"c\"}]}, {\"role\": \"assistant\", \"content\":"
            + " [{\"type\": \"text\", \"text\": \"b\"}]}]}";
    assertThat(text(only(parts, PLAIN))).isEqualTo("<user>ac.<assistant>b.");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"messages\": [U, CALL, {\"role\": \"tool\", \"content\": \"r\"}, A], \"tools\":"
            + " [{\"name\": \"f\"}]}",
        "{\"conversations\": [U, {\"from\": \"function_call\", \"value\": \"{\\\"name\\\":"
            + " \\\"f\\\", \\\"arguments\\\": {}}\"}, {\"from\": \"observation\", \"value\":"
            + " \"r\"}, A], \"tools\": \"[{\\\"name\\\": \\\"f\\\"}]\"}"
      })
  void toolsAndTheirCallsReachTheTemplate(String row) throws IOException {
    Example example = only(row, WITH_TOOLS);
    assertThat(text(example)).isEqualTo("<tools>f,.<user>a.<assistant>!f.<tool>r.<assistant>b.");
    assertThat(learned(example)).isEqualTo("!f.b.");
  }

  @Test
  void toolsThatTheTemplatePassesOverAreRefused() throws IOException {
    refuses(
        "{\"messages\": [U, A], \"tools\": [{\"name\": \"f\"}]}",
        PLAIN,
        "the row has \"tools\", which the chat template does not write; --chat-template takes one"
            + " that does");
  }

  @Test
  void aTurnThatTheTemplatePassesOverIsRefused() throws IOException {
    ChatTemplate known =
        ChatTemplate.of(
            "{% for m in messages %}{% if m.role in ['user', 'assistant'] %}{{ m.role + m.content }}"
                + "{% endif %}{% endfor %}{% if add_generation_prompt %}assistant{% endif %}",
            Map.of());
    refuses(
        "{\"messages\": [U, A], \"system\": \"s\"}",
        known,
        "messages[0] has the role \"system\", which the chat template does not write;"
            + " --chat-template takes one that does");
  }

  @Test
  void moreVariablesReachTheTemplate() throws IOException {
    ChatTemplate thinking =
        ChatTemplate.of(
            "{% if thinks %}T{% endif %}{% for m in messages %}{{ m.content }}{% endfor %}",
            Map.of());
    String row = "{\"messages\": [U, A], \"chat_template_kwargs\": {\"thinks\": true}}";
    assertThat(text(only(row, thinking))).isEqualTo("Tab");
  }

  @Test
  void onlyTheAssistantMayHaveTheLastWordOfACompletion() throws IOException {
    refuses(
        "{\"prompt\": [U], \"completion\": [A, U]}",
        PLAIN,
        "predicts nothing: the last message is not the assistant's");
  }

  @Test
  void aMarkedTurnInATemplateThatMarksAnswersItself() throws IOException {
    ChatTemplate marking =
        ChatTemplate.of(
            "{% for m in messages %}{% if m.role == 'assistant' %}{% generation %}{{ m.content }}"
                + "{% endgeneration %}{% else %}{{ m.content }}{% endif %}{% endfor %}",
            Map.of());
    Example example =
        only(
            "{\"messages\": [U, {\"role\": \"assistant\", \"content\": \"n\", \"weight\": 0}, U, A]}",
            marking);
    assertThat(text(example)).isEqualTo("anab");
    assertThat(learned(example)).isEqualTo("b");
  }

  private void refuses(String row, ChatTemplate template, String reason) {
    assertThatThrownBy(() -> only(row, template))
        .isInstanceOf(ExampleFormatException.class)
        .hasMessageEndingWith(": 1 of 1 rows cannot be used:\n  line 1: " + reason);
  }

  /** U stands for what a user says, A for an answer, CALL for a call of a tool. */
  private Example only(String row, ChatTemplate template) throws IOException {
    String whole =
        row.replace("U,", "{\"role\": \"user\", \"content\": \"a\"},")
            .replace("U]", "{\"role\": \"user\", \"content\": \"a\"}]")
            .replace("A]", "{\"role\": \"assistant\", \"content\": \"b\"}]")
            .replace("A,", "{\"role\": \"assistant\", \"content\": \"b\"},")
            .replace(
                "CALL",
                "{\"role\": \"assistant\", \"tool_calls\": [{\"function\": {\"name\": \"f\"}}]}");
    Path file = write(folder, "rows.jsonl", whole);
    return new ExampleReader(ASCII, settings(400).with(template)).read(file).list().get(0);
  }

  private static String text(Example example) {
    return letters(example.ids());
  }

  private static String learned(Example example) {
    return letters(
        Arrays.stream(example.labels()).filter(id -> id != TokenBatch.IGNORED).toArray());
  }

  private static String letters(int[] ids) {
    StringBuilder text = new StringBuilder();
    Arrays.stream(ids).filter(id -> id > 2).forEach(text::appendCodePoint);
    return text.toString();
  }
}
