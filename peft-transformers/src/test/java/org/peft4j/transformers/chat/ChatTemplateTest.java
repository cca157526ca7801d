package org.peft4j.transformers.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
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
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ChatTemplate.of("{{ messages[0].content }}\n{{ nothing( }}", TOKENS))
        .withMessage("the chat template cannot be rendered: line 2, column 13: unexpected '}'");
  }

  @Test
  void saysWhereATemplateFails() {
    ChatTemplate template = ChatTemplate.of("a\n {{ messages[0].content + 1 }}", TOKENS);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> template.render(List.of(Message.user("hello")), false))
        .withMessage(
            "the chat template cannot be rendered: line 2, column 25: can only concatenate str (not"
                + " \"int\") to str");
  }

  @Test
  void saysThatAFilterIsUnknown() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ChatTemplate.of("{{ '<|a|>' + messages | no_such_filter }}", TOKENS))
        .withMessage(
            "the chat template cannot be rendered: line 1, column 25: there is no filter"
                + " 'no_such_filter' here");
  }

  @Test
  void readsNoFiles() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ChatTemplate.of("{% include 'application.properties' %}", TOKENS))
        .withMessage(
            "the chat template cannot be rendered: line 1, column 4: {% include %} is not supported"
                + " here");
  }

  @Test
  void charactersOfThePrivateUseAreaAreText() {
    ChatTemplate template =
        ChatTemplate.of(
            "{% for m in messages %}<{{ m.role }}>{% generation %}{{ m.content }}"
                + "{% endgeneration %}{% endfor %}",
            TOKENS);
    ChatTemplate unmarked =
        ChatTemplate.of(
            "{% for m in messages %}<{{ m.role }}>{{ m.content }}</s>{% endfor %}", TOKENS);
    List<Message> conversation =
        List.of(Message.user("\uE0A1 poison \uE0A2 \uE0A3"), Message.assistant("he\uE0A3llo"));

    assertThat(template.pieces(List.of(Message.assistant("a\uE0A2b"))))
        .containsExactly(new Piece("<assistant>", false), new Piece("a\uE0A2b", true));
    assertThat(unmarked.pieces(conversation))
        .containsExactly(
            new Piece("<user>\uE0A1 poison \uE0A2 \uE0A3</s><assistant>", false),
            new Piece("he\uE0A3llo</s>", true));
  }

  @Test
  void toolsReachTheTemplateAndCallsAreLearned() {
    ChatTemplate template =
        ChatTemplate.of(
            "{% if tools is not none %}{{ tools | tojson }}{% endif %}{% for m in messages %}"
                + "<{{ m.role }}>{{ m.content or '' }}{% for call in m.tool_calls or [] %}"
                + "[{{ call.name }} {{ call.arguments | tojson }}]{% endfor %}{% endfor %}"
                + "{% if add_generation_prompt %}<assistant>{% endif %}",
            TOKENS);
    Map<String, Object> call = new LinkedHashMap<>();
    call.put("name", "add");
    call.put("arguments", Map.of("a", 1));
    Map<String, Object> says = new LinkedHashMap<>(Map.of("role", "assistant"));
    says.put("content", null);
    says.put("tool_calls", List.of(call));
    Conversation conversation =
        Conversation.of(
                List.of(
                    Message.user("1+1"),
                    Message.of(says),
                    Message.of(Map.of("role", "tool", "content", "2")),
                    Message.assistant("2.")))
            .withTools(List.of(Map.of("name", "add")));

    assertThat(template.pieces(conversation))
        .containsExactly(
            new Piece("[{\"name\": \"add\"}]<user>1+1<assistant>", false),
            new Piece("[add {\"a\": 1}]", true),
            new Piece("<tool>2<assistant>", false),
            new Piece("2.", true));
  }

  @Test
  void aTurnThatIsNotToBeLearnedIsNotSaid() throws IOException {
    List<Message> conversation =
        List.of(
            Message.user("Hi"),
            Message.assistant("Hello.").unlearned(),
            Message.user("Who?"),
            Message.assistant("Me."));

    for (String name : List.of("chatml", "marked")) {
      assertThat(
              template(name).pieces(conversation).stream()
                  .filter(Piece::said)
                  .map(Piece::text)
                  .collect(Collectors.joining("|")))
          .as(name)
          .contains("Me.")
          .doesNotContain("Hello.");
    }
  }

  /** Where the beginning of a rewritten turn is all it says, that beginning is no sure sign. */
  @Test
  void whatASureSignIsDoesNotHangOnItsLetters() {
    ChatTemplate template =
        ChatTemplate.of(
            "{% for m in messages %}{% if m.role == 'assistant' %}<a>{% if loop.last %}<think>"
                + "{% endif %}{{ m.content }}</a>{% else %}<u>{{ m.content }}</u>{% endif %}"
                + "{% endfor %}{% if add_generation_prompt %}<a>{% endif %}",
            TOKENS);

    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                template.pieces(
                    List.of(Message.user("x"), Message.assistant("<t"), Message.user("y"))))
        .withMessageStartingWith("the chat template writes turn 2 in another way");
  }

  @Test
  void aTurnThatEndsOtherwiseOnceTheConversationGoesOnEndsWithItsText() {
    ChatTemplate template =
        ChatTemplate.of(
            "{% for m in messages %}{{ m.content }}{% if not loop.last %}  {% endif %}{% endfor %}"
                + "{{ eos_token }}",
            TOKENS);
    ChatTemplate asked =
        ChatTemplate.of(
            "{% for m in messages %}{{ m.content }}{% if loop.last and not add_generation_prompt %}"
                + "</s>{% else %} # {% endif %}{% endfor %}",
            TOKENS);

    assertThat(asked.pieces(List.of(Message.user("a"), Message.assistant("b"), Message.user("c"))))
        .containsExactly(
            new Piece("a # ", false), new Piece("b", true), new Piece(" # c</s>", false));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> template.pieces(List.of(Message.user("a"), Message.assistant("b"))));
  }

  @Test
  void marksWithinAMacroAreRefused() {
    ChatTemplate template =
        ChatTemplate.of(
            "{% macro say(m) %}{% generation %}{{ m.content }}{% endgeneration %}{% endmacro %}"
                + "{% for m in messages %}{{ say(m) | trim }}{% endfor %}",
            TOKENS);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> template.pieces(List.of(Message.assistant("a"))))
        .withMessage(
            "the chat template marks what the model says within a macro or a block that is set,"
                + " where its place is lost; put {% generation %} outside");
  }

  @Test
  void namesTheTemplatesOfWhichNoneIsTheDefault() throws IOException {
    write(
        "tokenizer_config.json",
        """
        {"chat_template": [{"name": "tool_use", "template": "tools"},
                           {"name": "rag", "template": "documents"}]}
        """);
    ChatTemplate template = ChatTemplate.of(model).orElseThrow();
    List<Message> conversation = List.of(Message.user("hello"));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> template.render(conversation, false))
        .withMessage(
            model
                + " has the chat templates rag, tool_use but none called default; write the one to"
                + " use to a file and give it with --chat-template, or to ChatTemplate.read");
    assertThat(
            template.render(
                Conversation.of(conversation).withTools(List.of(Map.of("name", "add"))), false))
        .isEqualTo("tools");
  }

  @Test
  void findsTemplatesInTheirFolder() throws IOException {
    Files.createDirectory(model.resolve("additional_chat_templates"));
    write("additional_chat_templates/tool_use.jinja", "tools");
    assertThatIllegalArgumentException()
        .isThrownBy(this::hello)
        .withMessageContaining(" has the chat templates tool_use but none called default;");

    write("chat_template.jinja", "usual");

    assertThat(hello()).isEqualTo("usual");
  }

  @Test
  void aModelsTemplateThatCannotBeReadIsRefusedWhenItIsUsed() throws IOException {
    write("chat_template.jinja", "{% if %}");
    ChatTemplate template = ChatTemplate.of(model).orElseThrow();

    assertThatIllegalArgumentException()
        .isThrownBy(() -> template.render(List.of(Message.user("hello")), false))
        .withMessage(
            model.resolve("chat_template.jinja")
                + " cannot be rendered: line 1, column 7: expected an expression but found %}");
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
