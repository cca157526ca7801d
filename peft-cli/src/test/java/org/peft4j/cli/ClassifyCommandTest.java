package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A classifier on the command line: trained, measured, asked, merged. */
class ClassifyCommandTest {

  private static final String[] TEXTS = {
    "a b c d", "k l m n", "c a b", "m k n l o", "b b a", "n o k", "d c", "l l m k n"
  };

  @TempDir Path folder;
  private Path model;
  private Path data;
  private Path out;

  @BeforeEach
  void write() throws IOException {
    model = TinyModel.write(folder.resolve("model"));
    data = table("data.csv", "text,label", "early", "late");
    out = folder.resolve("adapter");
  }

  private Path table(String name, String header, String even, String odd) throws IOException {
    StringBuilder rows = new StringBuilder(header + "\n");
    for (int i = 0; i < TEXTS.length; i++) {
      rows.append(TEXTS[i]).append(',').append(i % 2 == 0 ? even : odd).append('\n');
    }
    return Files.writeString(folder.resolve(name), rows);
  }

  @Test
  void labelsComeFromTheDataAndGoWithTheAdapter() {
    Cli run = Cli.run(train());

    assertThat(run.err()).contains("2 labels, as " + data + " has them: early, late");
    assertThat(run.out()).contains("peft predict --model " + model + " --adapter " + out);
    JsonNode evaluation = Cli.json("eval", "--model", model, "--adapter", out, "--data", data);
    assertThat(evaluation.get("accuracy").doubleValue()).isEqualTo(1);
    assertThat(evaluation.get("macro_f1").doubleValue()).isEqualTo(1);
    assertThat(evaluation.get("texts").intValue()).isEqualTo(8);
    assertThat(evaluation.get("labels").toString()).isEqualTo("[\"early\",\"late\"]");
    assertThat(evaluation.get("confusion").toString()).isEqualTo("[[4,0],[0,4]]");
    assertThat(evaluation.get("by_label").get(1).get("support").intValue()).isEqualTo(4);
  }

  @Test
  void measuresAreReadable() throws IOException {
    trained();
    Path other =
        Files.writeString(folder.resolve("other.csv"), "text,label\na b,early\nc a,late\n");

    Cli run = Cli.run("eval", "--model", model, "--adapter", out, "--data", other);

    assertThat(run.out().lines().skip(1))
        .containsExactly(
            "accuracy  0.5000",
            "macro f1  0.3333",
            "texts     2",
            "",
            "label  precision  recall      f1  support",
            "early     0.5000  1.0000  0.6667        1",
            "late      0.0000  0.0000  0.0000        1",
            "",
            "is \\ predicted  early  late",
            "early               1     0",
            "late                1     0");
  }

  @Test
  void predictsTextsInTheirOrderAlikeFromEverywhere() throws IOException {
    trained();
    Path lines = Files.write(folder.resolve("texts.txt"), List.of(TEXTS));

    List<String> fromData = lines(Cli.run(predict("--data", data, "--ignore", "label")));
    List<String> fromLines = lines(Cli.run(predict("--data", lines, "--batch-size", 3)));
    List<String> fromInput = lines(fromStandardInput(String.join("\n", TEXTS)));
    Object[] texts = Arrays.stream(TEXTS).flatMap(t -> List.of("--text", t).stream()).toArray();
    List<String> fromOptions = lines(Cli.run(predict(texts)));

    assertThat(fromData).hasSize(TEXTS.length);
    for (int i = 0; i < TEXTS.length; i++) {
      JsonNode line = Cli.parse(fromData.get(i));
      assertThat(line.get("text").textValue()).isEqualTo(TEXTS[i]);
      assertThat(line.get("label").textValue()).isEqualTo(i % 2 == 0 ? "early" : "late");
      double early = line.get("probabilities").get("early").doubleValue();
      double late = line.get("probabilities").get("late").doubleValue();
      assertThat(early + late).isCloseTo(1, within(1e-12));
      assertThat(line.get("probability").doubleValue()).isEqualTo(Math.max(early, late));
      for (List<String> others : List.of(fromLines, fromInput, fromOptions)) {
        JsonNode other = Cli.parse(others.get(i));
        assertThat(other.get("text").textValue()).isEqualTo(TEXTS[i]);
        assertThat(other.get("probabilities").get("early").doubleValue())
            .isCloseTo(early, within(1e-6));
      }
    }
  }

  @Test
  void programsAreToldHowManyThereWere() throws IOException {
    trained();
    Cli run =
        Cli.run(predict("--text", "a b c d e f", "--text", "k l", "--max-length", 4, "--json"));

    List<String> lines = lines(run);
    assertThat(lines).hasSize(3);
    assertThat(lines.get(2))
        .isEqualTo("{\"texts\":2,\"cut\":1,\"predicted\":{\"early\":1,\"late\":1}}");
    assertThat(run.err()).contains("cut to the longest length: 1 of 2 examples");
    refused(
        "peft predict: --text: 1 of 2 texts cannot be used:\n  text 1: has 7 tokens, more than the 4"
            + " allowed; --max-length takes more, --too-long cut cuts",
        predict(
            "--text", "a b c d e f", "--text", "k l", "--max-length", 4, "--too-long", "refuse"));
    refused(
        "peft predict: --too-long skip would leave texts without an answer; take cut or refuse",
        predict("--text", "a", "--too-long", "skip"));
    refused(
        "peft predict: --data is of no use with --text; leave one out",
        predict("--text", "a", "--data", data));
  }

  @Test
  void mergesToAModelThatIsAClassifierByItself() throws IOException {
    trained();
    Path merged = folder.resolve("merged");

    JsonNode report = Cli.json("merge", "--model", model, "--adapter", out, "--out", merged);

    assertThat(report.get("max_difference").doubleValue()).isLessThan(1e-4);
    JsonNode config = Cli.parse(Files.readString(merged.resolve("config.json")));
    assertThat(config.get("architectures").get(0).textValue())
        .isEqualTo("LlamaForSequenceClassification");
    assertThat(config.get("id2label").toString()).isEqualTo("{\"0\":\"early\",\"1\":\"late\"}");
    assertThat(lines(Cli.run("predict", "--model", merged, "--text", "a b c d")).get(0))
        .contains("\"label\":\"early\"");
    assertThat(Cli.json("eval", "--model", merged, "--data", data).get("accuracy").doubleValue())
        .isEqualTo(1);

    Path again = folder.resolve("again");
    assertThat(
            Cli.json("classify", "--model", merged, "--data", data, "--out", again, "--steps", 1)
                .get("labels")
                .toString())
        .isEqualTo("[\"early\",\"late\"]");
    refused(
        "peft classify: --labels late,early are not those of %s, which are early,late; leave --labels out"
            .formatted(merged),
        "classify",
        "--model",
        merged,
        "--data",
        data,
        "--out",
        folder.resolve("third"),
        "--labels",
        "late,early");
  }

  @Test
  void whatOnlyPredictsTextIsNotAskedForLabelsNorTheOtherWayRound() throws IOException {
    trained();
    String classifier =
        "the adapter in "
            + out
            + " tells texts apart (SEQ_CLS) and writes none; take predict, eval, merge or classify"
            + " (TextClassifier)";
    refused(
        "peft generate: " + classifier,
        "generate",
        "--model",
        model,
        "--adapter",
        out,
        "--prompt",
        "a");
    refused(
        "peft predict: the model in "
            + model
            + " predicts text (CAUSAL_LM) and has no labels; take generate, eval, merge or finetune"
            + " (LanguageModel), or train a classifier by classify",
        "predict",
        "--model",
        model,
        "--text",
        "a");
  }

  @Test
  void anUnknownLabelIsAnErrorThatNamesIt() throws IOException {
    trained();
    Path other = table("other.csv", "text,label", "early", "midday");

    Cli run = Cli.run("eval", "--model", model, "--adapter", out, "--data", other);

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err())
        .startsWith("peft eval: " + other + ": 4 of 8 rows cannot be used:\n  line 3: \"label\" is")
        .contains("\"label\" is \"midday\", none of the 2 labels: early, late");
  }

  @Test
  void aClassifierLearnsOnWithItsOwnLabels() throws IOException {
    trained();
    Path again = folder.resolve("again");

    JsonNode report =
        Cli.json(
            "classify",
            "--model",
            model,
            "--adapter",
            out,
            "--data",
            data,
            "--out",
            again,
            "--steps",
            1);

    assertThat(report.get("labels").toString()).isEqualTo("[\"early\",\"late\"]");
    assertThat(report.get("train_loss_first").doubleValue()).isLessThan(0.4);
    assertThat(Files.readString(again.resolve("labels.json")))
        .isEqualTo(Files.readString(out.resolve("labels.json")));
  }

  @Test
  void labelsWithoutNamesCanBeNamed() throws IOException {
    trained();
    Files.delete(out.resolve("labels.json"));

    assertThat(lines(Cli.run(predict("--text", "a b"))).get(0)).contains("\"label\":\"LABEL_0\"");
    assertThat(lines(Cli.run(predict("--text", "a b", "--labels", "early, late"))).get(0))
        .contains("\"label\":\"early\"");
    refused(
        "peft predict: --labels a,b,c are not those of %s, which are LABEL_0,LABEL_1; leave --labels out"
            .formatted(out),
        predict("--text", "a b", "--labels", "a,b,c"));
  }

  @Test
  void standardInputIsCalledSo() throws IOException {
    trained();

    Cli run = fromStandardInput("");

    assertThat(run.err().strip()).isEqualTo("peft predict: standard input holds no examples");
    assertThat(run.code()).isEqualTo(2);
  }

  @Test
  void noLabelIsBlank() {
    refused(
        "peft classify: no label may be blank but got [early, , late]",
        train("--labels", "early,,late"));
  }

  @Test
  void inspectTellsTheLabels() {
    trained();

    JsonNode facts = Cli.json("inspect", out);

    assertThat(facts.get("task").textValue()).isEqualTo("SEQ_CLS");
    assertThat(facts.get("labels").toString()).isEqualTo("[\"early\",\"late\"]");
  }

  @Test
  void itsAdapterBecomesPlainLora() throws IOException {
    assertThat(Cli.run(train("--method", "miss")).code()).isZero();
    Path lora = folder.resolve("lora");

    JsonNode report =
        Cli.json("convert", "--model", model, "--adapter", out, "--to", "lora", "--out", lora);

    assertThat(report.get("max_difference").doubleValue()).isLessThan(1e-4);
    assertThat(Files.readString(lora.resolve("labels.json")))
        .isEqualTo(Files.readString(out.resolve("labels.json")));
    assertThat(
            Cli.json("eval", "--model", model, "--adapter", lora, "--data", data)
                .get("accuracy")
                .doubleValue())
        .isEqualTo(1);
  }

  private void trained() {
    assertThat(Cli.run(train()).code()).isZero();
  }

  private Object[] train(Object... options) {
    List<Object> all =
        new ArrayList<>(List.of("classify", "--model", model, "--data", data, "--out", out));
    all.addAll(List.of("--steps", 40, "--batch-size", 4, "--lr", "1e-2", "--rank", 4));
    all.addAll(List.of(options));
    return all.toArray();
  }

  private Object[] predict(Object... options) {
    List<Object> all = new ArrayList<>(List.of("predict", "--model", model, "--adapter", out));
    all.addAll(List.of(options));
    return all.toArray();
  }

  private Cli fromStandardInput(String text) {
    InputStream before = System.in;
    System.setIn(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    try {
      return Cli.run(predict());
    } finally {
      System.setIn(before);
    }
  }

  private static List<String> lines(Cli run) {
    assertThat(run.code()).as(run.err()).isZero();
    return run.out().lines().toList();
  }

  private static void refused(String message, Object... arguments) {
    Cli run = Cli.run(arguments);

    assertThat(run.err().strip()).isEqualTo(message);
    assertThat(run.code()).isEqualTo(2);
  }
}
