package org.peft4j.transformers.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MessageTest {

  @Test
  void keepsEveryFieldInItsOrder() throws IOException {
    Map<String, Object> fields =
        json(
            """
            {"role": "assistant", "content": null, "tool_calls": [{"function": {"name": "add",
             "arguments": {"a": 1, "b": 2.0, "c": 123456789012345678901234567890}}}]}
            """);

    Message message = Message.of(fields);

    assertThat(message.fields().keySet()).containsExactly("role", "content", "tool_calls");
    assertThat(message.fields().get("tool_calls"))
        .hasToString(
            "[{function={name=add, arguments={a=1, b=2.0, c=123456789012345678901234567890}}}]");
    assertThat(message.content()).isEmpty();
    assertThat(message.isAssistant()).isTrue();
  }

  @Test
  void doesNotChangeWithWhatItWasMadeOf() {
    List<Object> parts = new ArrayList<>(List.of(Map.of("type", "text", "text", "Hi")));
    Message message = Message.of(Map.of("role", "user", "content", parts));

    parts.clear();

    assertThat(message.fields().get("content"))
        .isEqualTo(List.of(Map.of("type", "text", "text", "Hi")));
  }

  @Test
  void numbersOfOneValueAreEqual() {
    assertThat(Message.of(Map.of("role", "user", "n", 1)))
        .isEqualTo(Message.of(Map.of("role", "user", "n", BigInteger.ONE)))
        .isNotEqualTo(Message.of(Map.of("role", "user", "n", 1.0)));
  }

  @Test
  void needsARole() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Message.of(Map.of("content", "Hi")))
        .withMessage("a message needs \"role\", a string, but has the keys [content]");
  }

  @Test
  void refusesWhatJsonCannotHold() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Message.of(Map.of("role", "user", "content", List.of(new Object()))))
        .withMessage("message.content[0] must be what JSON can hold but is of java.lang.Object");
  }

  @Test
  void refusesEndlessValues() {
    List<Object> endless = new ArrayList<>();
    endless.add(endless);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> Message.of(Map.of("role", "user", "content", endless)))
        .withMessage("a message's values are nested deeper than 200 levels");
  }

  @Test
  void aConversationCarriesToolsAndOtherVariables() {
    Conversation conversation =
        Conversation.of(List.of(Message.user("Hi")))
            .withTools(List.of(Map.of("name", "add")))
            .with("enable_thinking", false);

    assertThat(conversation.variables())
        .containsExactly(
            Map.entry("tools", List.of(Map.of("name", "add"))),
            Map.entry("enable_thinking", false));
  }

  private static Map<String, Object> json(String text) throws IOException {
    return new ObjectMapper()
        .readValue(text, new TypeReference<LinkedHashMap<String, Object>>() {});
  }
}
