package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code generate --prompts}. */
class PromptsTest {

  @TempDir Path folder;
  private Path model;
  private Path file;

  @BeforeEach
  void write() throws IOException {
    model = TinyModel.write(folder.resolve("model"));
    file = folder.resolve("prompts");
  }

  @Test
  void endsBeforeAStopWord() {
    JsonNode whole = Cli.json("generate", "--model", model, "--max-tokens", 8, "--prompt", "b q");
    String text = whole.get("text").textValue();
    String stop = text.substring(5, 7);

    JsonNode cut =
        Cli.json(
            "generate", "--model", model, "--max-tokens", 8, "--prompt", "b q", "--stop", stop);

    assertThat(whole.get("ending").textValue()).isEqualTo("length");
    assertThat(cut.get("text").textValue()).isEqualTo(text.substring(0, text.indexOf(stop)));
    assertThat(cut.get("ending").textValue()).isEqualTo("stop_word");
    Cli run = Cli.run("generate", "--model", model, "--prompt", "b", "--stop", "");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("--stop must be at least one character");
  }

  @Test
  void eachLineIsAnsweredAsIfItWereTheOnlyOne() throws IOException {
    Files.writeString(file, "\uFEFFa b\r\n\n  \nc d e\n{not json\n");
    List<JsonNode> lines = lines(Cli.run(generate(file, "--json", "--temperature", 1)));

    assertThat(lines).hasSize(4);
    assertThat(lines)
        .extracting(line -> line.path("prompt").asText())
        .startsWith("a b", "c d e", "{not json");
    for (JsonNode line : lines.subList(0, 3)) {
      JsonNode alone =
          Cli.json(
              "generate",
              "--model",
              model,
              "--max-tokens",
              4,
              "--temperature",
              1,
              "--prompt",
              line.get("prompt").textValue());
      assertThat(line.get("tokens")).isEqualTo(alone.get("tokens"));
      assertThat(line.get("text")).isEqualTo(alone.get("text"));
    }
    assertThat(lines.get(3).get("prompts").intValue()).isEqualTo(3);
    assertThat(lines.get(3).get("tokens").intValue())
        .isEqualTo(lines.subList(0, 3).stream().mapToInt(line -> line.get("tokens").size()).sum());
  }

  @Test
  void peopleGetTexts() throws IOException {
    Files.writeString(file, "a b\nc\n");
    Cli run = Cli.run(generate(file));

    assertThat(run.out()).matches("(?s)a b .*\\R\\Rc .*\\R\\R").doesNotContain("{");
    assertThat(run.err()).isEmpty();
  }

  @Test
  void rowsKeepWhatElseTheyHold() throws IOException {
    Files.writeString(
        file,
        "{\"id\": 7, \"prompt\": \"a\\nb\", \"text\": \"x\"}\n\n"
            + "{\"prompt\": \"c\", \"completion\": \"d\"}\n");
    List<JsonNode> lines = lines(Cli.run(generate(file, "--json")));

    assertThat(lines).hasSize(3);
    assertThat(lines.get(0).get("id").intValue()).isEqualTo(7);
    assertThat(lines.get(0).get("prompt").textValue()).isEqualTo("a\nb");
    assertThat(lines.get(0).get("text").textValue()).isNotEqualTo("x");
    assertThat(lines.get(1).get("completion").textValue()).isEqualTo("d");
  }

  @Test
  void aPromptMayBeWhatAUserSays() throws IOException {
    Files.writeString(model.resolve("chat_template.jinja"), "<s> {{ messages[0].content }} q");
    Files.writeString(file, "a\nb\n");
    List<JsonNode> lines = lines(Cli.run(generate(file, "--chat", "--json")));

    assertThat(lines.get(1).get("tokens"))
        .isEqualTo(
            Cli.json("generate", "--model", model, "--max-tokens", 4, "--prompt", "b q")
                .get("tokens"));
  }

  @Test
  @Timeout(60)
  void standardInputIsAnsweredLineByLine() throws Exception {
    InputStream before = System.in;
    PipedOutputStream questions = new PipedOutputStream();
    BlockingQueue<String> answers = new LinkedBlockingQueue<>();
    System.setIn(new PipedInputStream(questions));
    try {
      FutureTask<Integer> task = new FutureTask<>(() -> run(answers));
      new Thread(task).start();
      for (String question : List.of("a b", "c")) {
        // The next question comes when the last one is answered.
        questions.write((question + "\n").getBytes(StandardCharsets.UTF_8));
        questions.flush();
        assertThat(Cli.parse(answers.take()).get("prompt").textValue()).isEqualTo(question);
      }
      questions.close();
      assertThat(Cli.parse(answers.take()).get("prompts").intValue()).isEqualTo(2);
      assertThat(task.get()).isZero();
    } finally {
      System.setIn(before);
    }
  }

  private int run(BlockingQueue<String> answers) {
    Writer lines =
        new Writer() {
          private final StringBuilder text = new StringBuilder();

          @Override
          public void write(char[] buffer, int offset, int length) {
            text.append(buffer, offset, length);
          }

          @Override
          public void flush() {
            text.toString().lines().forEach(answers::add);
            text.setLength(0);
          }

          @Override
          public void close() {}
        };
    return PeftCommand.run(
        new PrintWriter(lines),
        new PrintWriter(Writer.nullWriter()),
        "generate",
        "--model",
        model.toString(),
        "--max-tokens",
        "2",
        "--prompts",
        "-",
        "--json");
  }

  @Test
  void nothingOnStandardInputIsNoMistake() throws IOException {
    InputStream before = System.in;
    System.setIn(new ByteArrayInputStream(new byte[0]));
    try {
      Cli run = Cli.run(generate(Path.of("-"), "--json"));
      assertThat(lines(run)).hasSize(1);
      assertThat(lines(run).get(0).get("prompts").intValue()).isZero();
    } finally {
      System.setIn(before);
    }
  }

  @Test
  void mistakesAreToldBeforeTheFirstAnswer() throws IOException {
    Files.writeString(file, "a\n" + "b ".repeat(40) + "\n");
    refused(file + ", line 2 has 41 tokens but the model takes at most 32");

    Files.writeString(file, "{\"prompt\": \"a\"}\n\n{\"text\": \"a\"}\n");
    refused(
        file + ", line 3: must be a JSON object with a text as \"prompt\", as the first line is");

    Files.writeString(file, "{\"prompt\": 8}\n");
    refused(
        file + ", line 1: must be a JSON object with a text as \"prompt\", as the first line is");

    Files.writeString(file, "\n \n");
    refused("--prompts " + file + " holds no prompts");

    Files.write(file, new byte[] {'a', '\n', (byte) 0xc3, '\n'});
    refused(file + " is no text in UTF-8 after line ");

    Files.delete(file);
    refused("--prompts " + file + " does not exist");

    Cli both = Cli.run("generate", "--model", model, "--prompt", "a", "--prompts", file);
    assertThat(both.err()).contains("--prompt and --prompts exclude each other; leave one out");
    Cli none = Cli.run("generate", "--model", model);
    assertThat(none.err()).contains("one of --prompt TEXT and --prompts FILE is missing");
    assertThat(none.code()).isEqualTo(2);
  }

  private void refused(String message) {
    Cli run = Cli.run(generate(file, "--json"));
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).startsWith("peft generate: " + message);
  }

  private Object[] generate(Path prompts, Object... more) {
    List<Object> all =
        new java.util.ArrayList<>(
            List.of("generate", "--model", model, "--max-tokens", 4, "--prompts", prompts));
    all.addAll(List.of(more));
    return all.toArray();
  }

  private static List<JsonNode> lines(Cli run) {
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    return run.out().lines().map(Cli::parse).toList();
  }
}
