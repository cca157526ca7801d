package org.peft4j.transformers.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.testkit.Shared;
import org.peft4j.transformers.chat.ChatTemplate;
import org.peft4j.transformers.model.TokenBatch;
import org.peft4j.transformers.text.Tokenizer;

/** Letters are tokens here, so what is learned can be read. */
class RowShapesTest {

  private static final String CHATML =
      "{% for m in messages %}{{ '<' + m.role + '>' + m.content + '.' }}{% endfor %}"
          + "{% if add_generation_prompt %}{{ '<assistant>' }}{% endif %}";

  @TempDir Path folder;

  private ExampleSettings settings =
      new ExampleSettings(400, 128, OptionalInt.of(1), OptionalInt.of(2));

  @Test
  void learnsWhatTheAssistantSays() throws IOException {
    settings = settings.with(ChatTemplate.of(CHATML, Map.of()));

    Example example =
        only(
            """
            {"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "a"},
              {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"},
              {"role": "assistant", "content": "d"}], "id": 7}
            """);

    assertThat(text(example.ids()))
        .isEqualTo("<system>s.<user>a.<assistant>b.<user>c.<assistant>d.");
    assertThat(learned(example)).isEqualTo("b.d.");
  }

  @Test
  void knowsTheOtherNamesOfSpeakers() throws IOException {
    settings = settings.with(ChatTemplate.of(CHATML, Map.of()));

    Example example =
        only(
            """
            {"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}
            """);

    assertThat(text(example.ids())).isEqualTo("<user>a.<assistant>b.");
    assertThat(learned(example)).isEqualTo("b.");
  }

  @Test
  void aPromptOfMessagesIsNotLearnedEvenWhereTheAssistantSpeaks() throws IOException {
    settings = settings.with(ChatTemplate.of(CHATML, Map.of()));

    Example example =
        only(
            """
            {"prompt": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"},
              {"role": "user", "content": "c"}],
             "completion": [{"role": "assistant", "content": "d"}]}
            """);

    assertThat(learned(example)).isEqualTo("d.");
  }

  @Test
  void instructionsWithoutATemplateAreInAlpacasWords() throws IOException {
    Example example = only("{\"instruction\": \"Add.\", \"input\": \"1, 2\", \"output\": \"3\"}");

    assertThat(text(example.ids()))
        .startsWith("Below is an instruction that describes a task, paired with an input")
        .contains("### Instruction:\nAdd.\n\n### Input:\n1, 2\n\n### Response:\n3");
    assertThat(learned(example)).isEqualTo("3");
    assertThat(text(only("{\"instruction\": \"Add.\", \"output\": \"3\"}").ids()))
        .startsWith("Below is an instruction that describes a task. Write a response")
        .endsWith("### Instruction:\nAdd.\n\n### Response:\n3");
  }

  @Test
  void instructionsWithATemplateAreConversations() throws IOException {
    settings = settings.with(ChatTemplate.of(CHATML, Map.of()));

    Example example =
        only(
            """
            {"instruction": "Add.", "input": "1, 2", "output": "3", "system": "Be brief",
             "history": [["Hi", "Hello"]]}
            """);

    assertThat(text(example.ids()))
        .isEqualTo("<system>Be brief.<user>Hi.<assistant>Hello.<user>Add.\n1, 2.<assistant>3.");
    assertThat(learned(example)).isEqualTo("3.");
  }

  @Test
  void withoutATemplateConversationsAreInPlainWordsOnRequestOnly() throws IOException {
    Path file =
        write(
            "rows.jsonl",
            "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"},"
                + " {\"role\": \"assistant\", \"content\": \"b\"}]}\n");

    assertThatThrownBy(() -> reader().read(file))
        .isInstanceOf(ExampleFormatException.class)
        .hasMessage(
            file
                + ": line 1: conversations need a chat template, and the model has none;"
                + " --chat-template FILE gives one, --chat-template plain has plain words for who"
                + " speaks (in Java, ExampleSettings.with(ChatTemplate) and inPlainWords())");

    settings = settings.inPlainWords();
    Example example =
        only(
            "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"},"
                + " {\"role\": \"assistant\", \"content\": \"b\"}]}");

    assertThat(text(example.ids())).isEqualTo("User: a\nAssistant: b\n");
    assertThat(learned(example)).isEqualTo("b\n");
  }

  @Test
  void readsArraysAndNamesTheLine() throws IOException {
    Path file = write("rows.json", "[\n {\"text\": \"ab\"},\n {\"text\": \"cd\"}\n]\n");
    assertThat(reader().read(file).list()).hasSize(2);

    Path bad = write("bad.json", "[\n {\"text\": \"ab\"},\n {\"text\": 3},\n 4\n]\n");
    assertThatThrownBy(() -> reader().read(bad))
        .hasMessage(
            bad
                + ": 2 of 3 rows cannot be used:\n"
                + "  line 3: \"text\" must be a string but is a number\n"
                + "  line 4: must be a JSON object but is a number\n"
                + "  --skip-bad-lines leaves such rows out");

    Path broken = write("broken.json", "[\n {\"text\": \"ab\"},\n {\"text\" 3}\n]\n");
    assertThatThrownBy(() -> reader().read(broken))
        .isInstanceOf(ExampleFormatException.class)
        .hasMessageStartingWith(broken + ": line 3: is not valid JSON: ");
  }

  @Test
  void columnsMayGoByOtherNames() throws IOException {
    settings = settings.with(Columns.parse("prompt=question, completion=answer"));

    Example example = only("{\"question\": \"a\", \"answer\": \"b\"}");

    assertThat(learned(example)).isEqualTo("b");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Columns.parse("prompt"))
        .withMessage(
            "columns must be written like prompt=question,completion=answer but were prompt");
  }

  @Test
  void longTextsAreCutRefusedOrLeftOut() throws IOException {
    Path file = write("rows.jsonl", "{\"text\": \"abcdef\"}\n{\"text\": \"ab\"}\n");
    settings = new ExampleSettings(4, 128, OptionalInt.of(1), OptionalInt.of(2));

    assertThat(reader().read(file).list()).hasSize(2);

    settings = settings.with(TooLong.SKIP);
    Rows<Example> rows = reader().read(file);
    assertThat(rows.list()).hasSize(1);
    assertThat(rows.skipped()).isEqualTo(1);

    settings = settings.with(TooLong.REFUSE);
    assertThatThrownBy(() -> reader().read(file))
        .hasMessage(
            file
                + ": 1 of 2 rows cannot be used:\n"
                + "  line 1: has 8 tokens, more than the 4 allowed; --max-length takes more,"
                + " --too-long cuts or skips\n"
                + "  --skip-bad-lines leaves such rows out");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"messages": []} | predicts nothing: no message is the assistant's
          {"messages": "a"} | "messages" must be a list of messages but is a string
          {"messages": [{"role": "user"}]} | "messages[0]" needs "content", a string or parts of text, but has nothing
          {"messages": [{"role": "user", "content": "a"}]} | predicts nothing: no message is the assistant's
          {"instruction": "a", "output": "b", "history": [["c"]]} | "history" must hold pairs of what was asked and answered
          """)
  void saysWhatIsWrong(String row, String reason) throws IOException {
    Path file = write("rows.jsonl", row + "\n");

    assertThatThrownBy(() -> reader().read(file))
        .hasMessage(file + ": 1 of 1 rows cannot be used:\n  line 1: " + reason);
  }

  @Test
  void aConversationWhoseAnswerIsCutOffIsRefused() throws IOException {
    settings =
        new ExampleSettings(16, 128, OptionalInt.of(1), OptionalInt.of(2))
            .with(ChatTemplate.of(CHATML, Map.of()));
    Path file =
        write(
            "rows.jsonl",
            "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"},"
                + " {\"role\": \"assistant\", \"content\": \"b\"}]}\n");

    assertThatThrownBy(() -> reader().read(file))
        .hasMessageEndingWith(
            "line 1: what comes before the assistant's words has 19 tokens, which leaves no room"
                + " for them within 16; --max-length takes more");
  }

  @Test
  void readsPairsOfAnswers() throws IOException {
    settings = settings.with(ChatTemplate.of(CHATML, Map.of()));
    Path file =
        write(
            "pairs.jsonl",
            """
            {"prompt": "p", "chosen": "yes", "rejected": "no"}
            {"conversations": [{"from": "human", "value": "p"}], "chosen": {"from": "gpt", "value": "yes"}, "rejected": {"from": "gpt", "value": "no"}}
            {"chosen": [{"role": "user", "content": "p"}, {"role": "assistant", "content": "yes"}], "rejected": [{"role": "user", "content": "p"}, {"role": "assistant", "content": "no"}]}
            {"prompt": [{"role": "user", "content": "p"}], "chosen": [{"role": "assistant", "content": "yes"}], "rejected": [{"role": "assistant", "content": "no"}]}
            """);

    List<Preference> pairs =
        new PreferenceReader(RowShapesTest::letters, settings).read(file).list();

    assertThat(pairs).hasSize(4);
    assertThat(learned(pairs.get(0).chosen())).isEqualTo("yes");
    for (Preference pair : pairs.subList(1, 4)) {
      assertThat(text(pair.chosen().ids())).isEqualTo("<user>p.<assistant>yes.");
      assertThat(learned(pair.chosen())).isEqualTo("yes.");
      assertThat(learned(pair.rejected())).isEqualTo("no.");
    }
  }

  @Test
  void readsTextsWithLabels() throws IOException {
    Path file =
        write(
            "texts.jsonl",
            "{\"text\": \"a\", \"label\": \"bad\"}\n{\"text\": \"b\", \"label\": 0}\n");
    ClassReader reader = new ClassReader(RowShapesTest::letters, settings, List.of("good", "bad"));

    assertThat(reader.read(file).list()).extracting(ClassExample::label).containsExactly(1, 0);

    Path odd = write("odd.jsonl", "{\"text\": \"a\", \"label\": \"so so\"}\n");
    assertThatThrownBy(() -> reader.read(odd))
        .hasMessageEndingWith("line 1: \"label\" is \"so so\", none of the 2 labels: good, bad");
  }

  /** Every row of the files that people have, with a real tokenizer. */
  @ParameterizedTest
  @CsvSource({
    "llamafactory_demo/alpaca_en_demo.json, 999",
    "llamafactory_demo/identity.json, 91",
    "llamafactory_demo/kto_en_demo.json, 300",
    "llamafactory_demo/c4_demo.jsonl, 300"
  })
  void readsRealDataWhole(String name, int rows) throws IOException {
    Path data = Shared.require("data");
    try (Tokenizer tokenizer = Tokenizer.load(data.resolve("stories260K-hf"))) {
      ExampleSettings long512 =
          new ExampleSettings(4096, 512, OptionalInt.of(1), OptionalInt.of(2));
      Rows<Example> read =
          new ExampleReader(tokenizer::encode, long512.inPlainWords().ignoring(Set.of("label")))
              .read(data.resolve(name));

      assertThat(read.list()).hasSize(rows).allMatch(example -> example.targets() > 0);
      assertThat(read.skipped()).isZero();
    }
  }

  @Test
  void readsRealQuestionsAndPairsWhole() throws IOException {
    Path data = Shared.require("data");
    try (Tokenizer tokenizer = Tokenizer.load(data.resolve("stories260K-hf"))) {
      ExampleSettings wide = new ExampleSettings(20_000, 512, OptionalInt.of(1), OptionalInt.of(2));
      Columns columns = Columns.parse("prompt=question,completion=answer");

      assertThat(
              new ExampleReader(tokenizer::encode, wide.with(columns))
                  .read(data.resolve("gsm8k/test.jsonl"))
                  .list())
          .hasSize(1319);
      List<Preference> pairs =
          new PreferenceReader(tokenizer::encode, wide.inPlainWords())
              .read(data.resolve("llamafactory_demo/dpo_en_demo.json"))
              .list();
      assertThat(pairs)
          .hasSize(300)
          .allMatch(pair -> pair.chosen().targets() > 0 && pair.rejected().targets() > 0);
    }
  }

  private Example only(String row) throws IOException {
    List<Example> examples = reader().read(write("row.json", "[" + row + "]")).list();
    assertThat(examples).hasSize(1);
    return examples.get(0);
  }

  private ExampleReader reader() {
    return new ExampleReader(RowShapesTest::letters, settings);
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  private static int[] letters(String text) {
    return text.chars().toArray();
  }

  /** Without the tokens that begin and end a text. */
  private static String text(int[] ids) {
    StringBuilder text = new StringBuilder();
    Arrays.stream(ids).filter(id -> id > 2).forEach(text::appendCodePoint);
    return text.toString();
  }

  private static String learned(Example example) {
    return text(Arrays.stream(example.labels()).filter(id -> id != TokenBatch.IGNORED).toArray());
  }
}
