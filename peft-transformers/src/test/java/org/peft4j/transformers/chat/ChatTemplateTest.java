package org.peft4j.transformers.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChatTemplateTest {

  private static final Path FOLDER = Path.of("src/test/resources/org/peft4j/transformers/chat");
  private static final Map<String, String> TOKENS = Map.of("bos_token", "<s>", "eos_token", "</s>");

  @TempDir Path model;

  static List<String> templates() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".jinja"))
          .map(name -> name.replace(".jinja", ""))
          .sorted()
          .toList();
    }
  }

  /** {@code render.py} made the references with Jinja2. */
  @ParameterizedTest
  @MethodSource("templates")
  void rendersWhatHuggingFaceRenders(String name) throws IOException {
    ChatTemplate template = template(name);
    JsonNode references = json("expected.json").get(name);

    for (Map.Entry<String, JsonNode> entry : references.properties()) {
      List<Message> conversation = conversation(entry.getKey());
      JsonNode expected = entry.getValue();
      if (expected.isArray()) {
        assertThat(template.render(conversation, false))
            .as(entry.getKey())
            .isEqualTo(expected.get(0).textValue());
        assertThat(template.render(conversation, true))
            .as(entry.getKey())
            .isEqualTo(expected.get(1).textValue());
      } else {
        assertThatIllegalArgumentException()
            .isThrownBy(() -> template.render(conversation, false))
            .withMessage("the chat template refuses it: " + expected.get("error").textValue());
      }
    }
  }

  @Test
  void thereAreReferencesForEveryTemplate() throws IOException {
    List<String> names = new ArrayList<>();
    json("expected.json").fieldNames().forEachRemaining(names::add);

    assertThat(names).containsExactlyInAnyOrderElementsOf(templates()).hasSize(10);
  }

  @ParameterizedTest
  @ValueSource(strings = {"chatml", "headers", "lines", "attributes", "turns", "inst", "marked"})
  void tellsWhatTheModelSays(String name) throws IOException {
    ChatTemplate template = template(name);
    List<Message> conversation =
        List.of(
            Message.user("Hi"), Message.assistant("Hello."),
            Message.user("Who?"), Message.assistant("Me."));

    List<Piece> pieces = template.pieces(conversation);

    assertThat(pieces.stream().map(Piece::text).collect(Collectors.joining()))
        .isEqualTo(template.render(conversation, false));
    List<String> said = pieces.stream().filter(Piece::said).map(Piece::text).toList();
    assertThat(said).hasSize(2);
    assertThat(said.get(0)).contains("Hello.").doesNotContain("Hi", "Who");
    assertThat(said.get(1)).contains("Me.").doesNotContain("Who");
    assertThat(pieces.get(0).text()).isEqualTo(template.render(conversation.subList(0, 1), true));
  }

  @Test
  void whatEndsATurnIsSaidToo() throws IOException {
    List<Piece> pieces =
        template("chatml").pieces(List.of(Message.user("Hi"), Message.assistant("Hello.")));

    assertThat(pieces)
        .containsExactly(
            new Piece("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n", false),
            new Piece("Hello.<|im_end|>\n", true));
  }

  @Test
  void refusesATemplateThatRewritesWhatWasSaid() throws IOException {
    ChatTemplate template = template("tools");
    List<Message> conversation = conversation("long");

    assertThatIllegalArgumentException()
        .isThrownBy(() -> template.pieces(conversation))
        .withMessage(
            "the chat template writes turn 2 in another way once the conversation goes on, so it"
                + " cannot be told what the model says; mark that with {% generation %} in a"
                + " template of your own, or end conversations there");
  }

  @Test
  void readsTheTemplateOfTheTokenizerConfig() throws IOException {
    write(
        "tokenizer_config.json",
        """
        {"chat_template": "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}",
         "bos_token": {"content": "<b>"}, "eos_token": "<e>"}
        """);

    assertThat(hello()).isEqualTo("<b>hello<e>");
  }

  @Test
  void takesTheDefaultOfSeveral() throws IOException {
    write(
        "tokenizer_config.json",
        """
        {"chat_template": [{"name": "tool_use", "template": "tools"},
                           {"name": "default", "template": "usual"}]}
        """);

    assertThat(hello()).isEqualTo("usual");
  }

  @Test
  void aFileOfItsOwnGoesFirst() throws IOException {
    write("tokenizer_config.json", "{\"chat_template\": \"config\", \"eos_token\": \"<e>\"}");
    write("chat_template.jinja", "file{{ eos_token }}\n");

    assertThat(hello()).isEqualTo("file<e>");
  }

  @Test
  void thereMayBeNone() throws IOException {
    assertThat(ChatTemplate.of(model)).isEmpty();
  }

  @Test
  void saysWhereATemplateIsWrong() {
    ChatTemplate template = ChatTemplate.of("{{ messages[0].content }}\n{{ nothing( }}", TOKENS);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> template.render(List.of(Message.user("hello")), false))
        .withMessageStartingWith("the chat template cannot be rendered: line ");
  }

  @Test
  void refusesLoopsThatWouldSilentlyBeLeftOut() {
    String loop = "{% for m in messages if m.role == 'user' %}";

    assertThatIllegalArgumentException()
        .isThrownBy(() -> ChatTemplate.of("a\n" + loop + "b{% endfor %}", TOKENS))
        .withMessage(
            "the chat template, line 2: a loop with a condition cannot be rendered here, put the"
                + " condition inside: "
                + loop);
    ChatTemplate.of("{% for m in (messages if true else []) %}b{% endfor %}", TOKENS);
    ChatTemplate.of("{% for m in messages %}{% if m %}b{% endif %}{% endfor %}", TOKENS);
  }

  @Test
  void refusesTheNeighboursOfALoop() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> ChatTemplate.of("{% for m in messages %}{{ loop.previtem }}{% endfor %}", TOKENS))
        .withMessage(
            "the chat template, line 1: a loop's neighbours cannot be rendered here, use"
                + " messages[loop.index0 - 1] or + 1: loop.previtem");
  }

  @Test
  void saysThatAFilterIsUnknown() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ChatTemplate.of("{{ '<|a|>' + messages | no_such_filter }}", TOKENS))
        .withMessage("the chat template: there is no filter no_such_filter here");
  }

  @Test
  void theAnswerFalseIsAnAnswer() {
    ChatTemplate template =
        ChatTemplate.of(
            "{% for m in messages %}{% if m.content %}{{ m.content }};{% endif %}{% endfor %}",
            TOKENS);

    List<Message> conversation = List.of(Message.user("Is it?"), Message.assistant(" False "));
    assertThat(template.render(conversation, false)).isEqualTo("Is it?; False ;");
    assertThat(template.pieces(conversation).get(1)).isEqualTo(new Piece(" False ;", true));
  }

  @Test
  void textOfAConversationIsNotRenderedAgain() {
    ChatTemplate template = ChatTemplate.of("{{ messages[0].content }}", TOKENS);
    String tricky = "{{ eos_token }} {% if %} <b>&amp;</b>";

    assertThat(template.render(List.of(Message.user(tricky)), false)).isEqualTo(tricky);
  }

  private String hello() throws IOException {
    return ChatTemplate.of(model).orElseThrow().render(List.of(Message.user("hello")), false);
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(model.resolve(name), text);
  }

  private static ChatTemplate template(String name) throws IOException {
    return ChatTemplate.of(Files.readString(FOLDER.resolve(name + ".jinja")), TOKENS);
  }

  private static List<Message> conversation(String name) throws IOException {
    List<Message> messages = new ArrayList<>();
    json("conversations.json")
        .get(name)
        .forEach(
            turn ->
                messages.add(
                    new Message(turn.get("role").textValue(), turn.get("content").textValue())));
    return messages;
  }

  private static JsonNode json(String name) throws IOException {
    return new ObjectMapper().readTree(Files.readAllBytes(FOLDER.resolve(name)));
  }
}
