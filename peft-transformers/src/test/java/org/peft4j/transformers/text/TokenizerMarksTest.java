package org.peft4j.transformers.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.io.AdapterFormatException;

class TokenizerMarksTest {

  private static final String ADDED =
      "\"added_tokens\": [{\"id\": 5, \"content\": \"<s>\"}, {\"id\": 7, \"content\": \"<end>\"}]";

  private static final String TEMPLATE =
      """
      {"type": "TemplateProcessing",
       "single": [{"SpecialToken": {"id": "<s>"}}, {"Sequence": {"id": "A"}},
                  {"SpecialToken": {"id": "<end>"}}],
       "special_tokens": {"<s>": {"id": "<s>", "ids": [5]}, "<end>": {"id": "<end>", "ids": [7]}}}
      """;

  @TempDir Path model;

  @Test
  void aTextBeginsWithWhatTheTokenizerWritesAndNotWithWhatAConfigNames() throws IOException {
    write("config.json", "{\"bos_token_id\": 2, \"eos_token_id\": 3}");
    assertThat(begin()).isEmpty();
    tokenizer("null");
    assertThat(begin()).isEmpty();
    tokenizer("{\"type\": \"ByteLevel\"}");
    assertThat(begin()).isEmpty();
    tokenizer(TEMPLATE);
    assertThat(begin()).hasValue(5);
    tokenizer(
        "{\"type\": \"Sequence\", \"processors\": [{\"type\": \"ByteLevel\"}, " + TEMPLATE + "]}");
    assertThat(begin()).hasValue(5);
    tokenizer("{\"type\": \"RobertaProcessing\", \"sep\": [\"</s>\", 7], \"cls\": [\"<s>\", 5]}");
    assertThat(begin()).hasValue(5);
  }

  @Test
  void theSettingOfTheTokenizerGoesBeforeItsFile() throws IOException {
    write("config.json", "{\"bos_token_id\": 2}");
    tokenizer(TEMPLATE);
    write("tokenizer_config.json", "{\"add_bos_token\": false}");
    assertThat(begin()).isEmpty();
    tokenizer("null");
    write("tokenizer_config.json", "{\"add_bos_token\": true}");
    assertThat(begin()).hasValue(2);
    write("tokenizer_config.json", "{\"add_bos_token\": true, \"bos_token\": \"<s>\"}");
    assertThat(begin()).hasValue(5);
  }

  @Test
  void aTextEndsWithTheTokenizersOwnEndWhereGeneratingEndsThere() throws IOException {
    write("config.json", "{\"eos_token_id\": [3, 7]}");
    tokenizer("null");
    assertThat(end()).hasValue(3);
    write("tokenizer_config.json", "{\"eos_token\": {\"content\": \"<end>\"}}");
    assertThat(end()).hasValue(7);
    write("config.json", "{\"eos_token_id\": 3}");
    assertThat(end()).hasValue(3);
    write("config.json", "{}");
    write("tokenizer_config.json", "{}");
    assertThat(end()).isEmpty();
  }

  @Test
  void refusesSeveralTokensBeforeAText() throws IOException {
    tokenizer("{\"type\": \"Sequence\", \"processors\": [" + TEMPLATE + "," + TEMPLATE + "]}");
    assertThatThrownBy(this::begin)
        .isInstanceOf(AdapterFormatException.class)
        .hasMessage(
            model.resolve("tokenizer.json")
                + ": \"post_processor\" writes [5, 5] before a text, but at most one token is"
                + " supported");
  }

  private OptionalInt begin() throws IOException {
    return TokenizerMarks.read(model, SpecialTokens.read(model)).begin();
  }

  private OptionalInt end() throws IOException {
    return TokenizerMarks.read(model, SpecialTokens.read(model)).end();
  }

  private void tokenizer(String processor) throws IOException {
    write("tokenizer.json", "{" + ADDED + ", \"post_processor\": " + processor + "}");
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(model.resolve(name), text);
  }
}
