package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.testkit.Shared;

/** Every objective on data as people have it, with a small pretrained model. */
class RealDataTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;
  private Path data;
  private Path model;

  @BeforeEach
  void find() {
    data = Shared.require("data");
    model = Shared.require("data/stories260K-hf");
  }

  @Test
  void questionsAndAnswers() throws IOException {
    Path questions = folder.resolve("gsm8k.jsonl");
    try (Stream<String> lines = Files.lines(data.resolve("gsm8k/test.jsonl"))) {
      Files.write(questions, lines.limit(48).toList());
    }

    JsonNode report =
        Cli.json(train("finetune", questions, "--columns", "prompt=question,completion=answer"));

    assertThat(loss(report, "last")).isLessThan(loss(report, "first") - 0.1);
  }

  @Test
  void packedQuestionsAndAnswers() throws IOException {
    Path questions = folder.resolve("gsm8k.jsonl");
    try (Stream<String> lines = Files.lines(data.resolve("gsm8k/test.jsonl"))) {
      Files.write(questions, lines.limit(48).toList());
    }

    JsonNode report =
        Cli.json(
            train(
                "finetune",
                questions,
                "--columns",
                "prompt=question,completion=answer",
                "--packing",
                "--activation-checkpointing"));

    assertThat(loss(report, "last")).isLessThan(loss(report, "first") - 0.1);
  }

  @Test
  void instructions() throws IOException {
    JsonNode report =
        Cli.json(train("finetune", first("llamafactory_demo/alpaca_en_demo.json", 48)));

    assertThat(loss(report, "last")).isLessThan(loss(report, "first") - 0.1);
  }

  @Test
  void conversationsInATemplateOfYourOwn() throws IOException {
    Path template = folder.resolve("chat.jinja");
    Files.writeString(
        template,
        "{% for m in messages %}{{ bos_token + m.role + ': ' + m.content + eos_token }}"
            + "{% endfor %}{% if add_generation_prompt %}{{ bos_token + 'assistant: ' }}{% endif %}");

    JsonNode report =
        Cli.json(
            train(
                "finetune",
                first("llamafactory_demo/kto_en_demo.json", 48),
                "--chat-template",
                template,
                "--ignore",
                "label",
                "--skip-bad-lines"));

    assertThat(loss(report, "last")).isLessThan(loss(report, "first") - 0.1);
  }

  @Test
  void pairsOfAnswers() throws IOException {
    Path pairs = first("llamafactory_demo/dpo_en_demo.json", 24);

    JsonNode report =
        Cli.json(
            train(
                "dpo",
                pairs,
                "--chat-template",
                "plain",
                "--skip-bad-lines",
                "--valid",
                pairs,
                "--lr",
                "4e-3",
                "--max-length",
                320));

    assertThat(report.get("valid_loss_before").doubleValue())
        .isBetween(Math.log(2) - 1e-6, Math.log(2) + 1e-6);
    assertThat(report.get("valid_loss_after").doubleValue()).isLessThan(0.6);
    assertThat(report.get("valid_reward_accuracy").doubleValue()).isGreaterThan(0.6);
    assertThat(report.get("valid_reward_margin").doubleValue()).isPositive();
  }

  @Test
  void storiesFromPlays() throws IOException {
    List<String> rows = new ArrayList<>();
    rows.addAll(lines("tinystories_sample/tinystories_sample.txt", "story"));
    rows.addAll(lines("tinyshakespeare/input.txt", "play"));
    Path texts = Files.write(folder.resolve("texts.jsonl"), rows);

    JsonNode report =
        Cli.json(
            train(
                "classify",
                texts,
                "--labels",
                "story,play",
                "--valid",
                texts,
                "--eval-every",
                10,
                "--keep-best"));

    assertThat(report.get("valid_accuracy").doubleValue()).isGreaterThan(0.9);
    JsonNode config =
        JSON.readTree(Files.readAllBytes(folder.resolve("adapter/adapter_config.json")));
    assertThat(config.get("task_type").textValue()).isEqualTo("SEQ_CLS");
    assertThat(config.get("modules_to_save").get(0).textValue()).isEqualTo("score");
  }

  private List<String> lines(String name, String label) throws IOException {
    List<String> rows = new ArrayList<>();
    for (String line : Files.readAllLines(data.resolve(name))) {
      if (line.length() > 30 && rows.size() < 40) {
        String text = line.substring(0, Math.min(120, line.length()));
        rows.add(JSON.createObjectNode().put("text", text).put("label", label).toString());
      }
    }
    return rows;
  }

  private Path first(String name, int count) throws IOException {
    ArrayNode rows = JSON.createArrayNode();
    for (JsonNode row : JSON.readTree(data.resolve(name).toFile())) {
      if (rows.size() < count) {
        rows.add(row);
      }
    }
    return Files.writeString(folder.resolve("rows.json"), rows.toString());
  }

  private Object[] train(String command, Path file, Object... options) {
    List<Object> all = new ArrayList<>(List.of(command, "--model", model, "--data", file));
    all.addAll(List.of("--out", folder.resolve("adapter"), "--rank", 8));
    all.addAll(List.of("--steps", command.equals("classify") ? 40 : 15));
    all.addAll(List.of("--batch-size", 4));
    all.addAll(List.of(options));
    if (!all.contains("--lr")) {
      all.addAll(List.of("--lr", "1e-2"));
    }
    return all.toArray();
  }

  private static double loss(JsonNode report, String which) {
    return report.get("train_loss_" + which).doubleValue();
  }
}
