package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code generate --chat}. */
class ChatGenerationTest {

  /** It begins the text itself, so that nothing may begin it twice. */
  private static final String TEMPLATE =
      "<s> {% for m in messages %}{{ m.content }} {% endfor %}"
          + "{% if add_generation_prompt %}{{ 'c' }}{% endif %}";

  @TempDir Path folder;
  private Path model;

  @BeforeEach
  void write() throws IOException {
    model = TinyModel.write(folder.resolve("model"));
  }

  @Test
  void writesTheConversationAsTheTemplateDoes() throws IOException {
    Files.writeString(model.resolve("chat_template.jinja"), TEMPLATE);

    JsonNode chat = generate("--prompt", "b", "--chat", "--system", "a");

    assertThat(chat.get("tokens")).isEqualTo(generate("--prompt", "a b c").get("tokens"));
    assertThat(chat.get("tokens")).isNotEqualTo(generate("--prompt", "b").get("tokens"));
    assertThat(chat.get("prompt").textValue()).isEqualTo("b");
  }

  @Test
  void takesATemplateOfYourOwn() throws IOException {
    Path template = Files.writeString(folder.resolve("own.jinja"), TEMPLATE);

    JsonNode chat = generate("--prompt", "b", "--chat", "--chat-template", template);

    assertThat(chat.get("tokens")).isEqualTo(generate("--prompt", "b c").get("tokens"));
  }

  @Test
  void aModelWithoutATemplateIsRefused() {
    Cli run = Cli.run("generate", "--model", model, "--prompt", "b", "--chat");

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err())
        .contains(
            model
                + " has no chat template, neither chat_template.jinja nor chat_template in"
                + " tokenizer_config.json; give one of your own with --chat-template, or"
                + " ChatTemplate.read");
  }

  @Test
  void aSystemsWordsNeedAConversation() {
    Cli run = Cli.run("generate", "--model", model, "--prompt", "b", "--system", "a");

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("--system is of no use without --chat");
  }

  private JsonNode generate(Object... options) {
    Object[] arguments = new Object[options.length + 5];
    arguments[0] = "generate";
    arguments[1] = "--model";
    arguments[2] = model;
    arguments[3] = "--max-tokens";
    arguments[4] = 8;
    System.arraycopy(options, 0, arguments, 5, options.length);
    return Cli.json(arguments);
  }
}
