package org.peft4j.transformers.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.testkit.Shared;
import org.peft4j.transformers.Golden;
import org.peft4j.transformers.generate.TextStream;

class TokenizerTest {

  @TempDir Path directory;

  @Test
  void specialTokensAreAddedOnlyIfAskedForAndNeverDecoded() throws IOException {
    write(
        "tokenizer.json",
        """
        {"version": "1.0", "truncation": null, "padding": null, "normalizer": null,
         "decoder": null, "pre_tokenizer": {"type": "Whitespace"},
         "added_tokens": [{"id": 0, "content": "<s>", "single_word": false, "lstrip": false,
           "rstrip": false, "normalized": false, "special": true}],
         "post_processor": {"type": "TemplateProcessing", "pair": [],
           "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
             {"Sequence": {"id": "A", "type_id": 0}}],
           "special_tokens": {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]}}},
         "model": {"type": "WordLevel", "unk_token": "b",
           "vocab": {"<s>": 0, "a": 1, "b": 2}}}
        """);

    try (Tokenizer tokenizer = Tokenizer.load(directory)) {
      assertThat(tokenizer.encode("a b a")).containsExactly(1, 2, 1);
      assertThat(tokenizer.encodeWithSpecialTokens("a b a")).containsExactly(0, 1, 2, 1);
      assertThat(tokenizer.decode(0, 1, 2, 1)).isEqualTo("a b a");
    }
  }

  @Test
  void readsTextAsTheModelWasTaughtTo() throws IOException {
    Path model = Shared.require("data/stories260K-hf");
    JsonNode golden = Golden.json(model.resolve("golden.json"));
    String text = golden.get("text").textValue();

    try (Tokenizer tokenizer = Tokenizer.load(model)) {
      int[] ids = tokenizer.encodeWithSpecialTokens(text);

      assertThat(ids).containsExactly(Golden.ints(golden.get("input_ids")));
      assertThat(tokenizer.encode(text)).containsExactly(Arrays.copyOfRange(ids, 1, ids.length));
      assertThat(tokenizer.decode(ids)).isEqualTo(text);
      assertThat(tokenizer.specialTokens().begin()).hasValue(1);
      assertThat(tokenizer.specialTokens().ends()).containsExactly(2);
      assertThat(tokenizer.specialTokens().padding()).isEmpty();
    }
  }

  @Test
  void longTextsAreNotCut() throws IOException {
    try (Tokenizer tokenizer = Tokenizer.load(Shared.require("data/stories260K-hf"))) {
      assertThat(tokenizer.encode("Once upon a time. ".repeat(1000)).length).isGreaterThan(5000);
      assertThat(tokenizer.encode("")).isEmpty();
    }
  }

  @Test
  void tokensBecomeTheSameTextOneByOne() throws IOException {
    try (Tokenizer tokenizer = Tokenizer.load(Shared.require("data/stories260K-hf"))) {
      String text = "Once upon a time, a café with 😀 opened.\nThe end.";
      int[] ids = tokenizer.encodeWithSpecialTokens(text);
      int[] prompt = Arrays.copyOf(ids, 4);
      StringBuilder read = new StringBuilder(tokenizer.decode(prompt));

      TextStream stream = new TextStream(tokenizer, prompt, read::append);
      Arrays.stream(ids).skip(4).forEach(stream);
      stream.end();

      assertThat(read).hasToString(text);
    }
  }

  @Test
  void chatModelsEndTheirTurnsWithWhatTheGenerationConfigSays() throws IOException {
    write("config.json", "{\"bos_token_id\": 1, \"eos_token_id\": 2}");
    write("generation_config.json", "{\"eos_token_id\": [2, 7]}");
    write(
        "tokenizer_config.json",
        "{\"pad_token\": {\"content\": \"<pad>\"}, \"bos_token\": \"<x>\"}");
    write("tokenizer.json", "{\"added_tokens\": [{\"id\": 9, \"content\": \"<pad>\"}]}");

    assertThat(SpecialTokens.read(directory))
        .isEqualTo(new SpecialTokens(OptionalInt.of(1), Set.of(2, 7), OptionalInt.of(9)));
  }

  @Test
  void idsOfSpecialTokensAreIdsOrRefused() throws IOException {
    write("config.json", "{\"pad_token_id\": -1, \"eos_token_id\": [2]}");
    assertThat(SpecialTokens.read(directory))
        .isEqualTo(new SpecialTokens(OptionalInt.empty(), Set.of(2), OptionalInt.empty()));

    for (String wrong : List.of("1e400", "2.5", "\"2\"", "[2,\"</s>\"]", "4294967296")) {
      write("generation_config.json", "{\"eos_token_id\": " + wrong + "}");
      assertThatThrownBy(() -> SpecialTokens.read(directory))
          .hasMessageStartingWith(
              directory
                  + ": eos_token_id in config.json or generation_config.json must be a token id or"
                  + " a list of them but was ");
    }
  }

  @Test
  void aFolderWithoutATokenizerIsRefusedWithWhatItHoldsInstead() throws IOException {
    String missing = directory + ": holds no tokenizer.json";
    assertThatThrownBy(() -> Tokenizer.load(directory))
        .hasMessage(
            missing + ", which texts need; copy it from the model that this one was made from");

    write("tokenizer.model", "");
    assertThatThrownBy(() -> Tokenizer.load(directory))
        .hasMessage(
            missing
                + " but tokenizer.model, a SentencePiece or tiktoken model, which is not read here;"
                + " convert it in Python: AutoTokenizer.from_pretrained(FOLDER,"
                + " use_fast=True).save_pretrained(FOLDER)");

    write("tokenizer.json", "{}");
    assertThatThrownBy(() -> Tokenizer.load(directory))
        .isInstanceOf(IOException.class)
        .hasMessage(
            directory.resolve("tokenizer.json") + ": model must be an object but is missing");
  }

  private void write(String name, String json) throws IOException {
    Files.writeString(directory.resolve(name), json);
  }
}
