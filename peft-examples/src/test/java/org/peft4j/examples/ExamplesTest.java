package org.peft4j.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.cli.tiny.ShipLogs;
import org.peft4j.cli.tiny.StoryGrammar;
import org.peft4j.cli.tiny.TinyModel;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.store.AdapterStore;
import org.peft4j.train.TrainingConfig;
import org.peft4j.transformers.LanguageModel;

/** Every example does what it says, on the tiny model. */
class ExamplesTest {

  private static final String TEMPLATE =
      """
      {%- for message in messages %}
      {{- message.role | capitalize + ': ' + message.content + eos_token }}
      {%- endfor %}
      {%- if add_generation_prompt %}{{- 'Assistant: ' }}{%- endif %}
      """;

  @TempDir static Path root;
  private static Path model;
  private static Path logs;
  private static Path adapter;

  @TempDir Path folder;

  @BeforeAll
  static void prepare() throws IOException {
    model = root.resolve("model");
    logs = root.resolve("logs.jsonl");
    adapter = root.resolve("adapter");
    TinyModel.unpack(model);
    ShipLogs.write(logs, 0, 40);
    train(adapter, 30);
  }

  private static void train(Path adapter, int steps) throws IOException {
    try (var learning = LanguageModel.load(model)) {
      learning.adapt(new LoraConfig(8, 16));
      learning.train(learning.batches(logs, 8), new TrainingConfig(steps, 5e-3));
      learning.save(adapter);
    }
  }

  @Test
  void severalAdaptersServeOneBatch() throws IOException {
    Path other = folder.resolve("other");
    train(other, 3);
    String log = StoryGrammar.log(1000);

    String told = run(ServeSeveralAdapters::main, model, adapter, other, log);

    double first = number(told, "first: (.+)");
    assertThat(first).isGreaterThan(number(told, "second: (.+)"));
    assertThat(number(told, "second: (.+)")).isGreaterThan(number(told, "__base__: (.+)"));
    String changed = run(ServeSeveralAdapters::main, model, other, adapter, log);
    assertThat(number(changed, "second: (.+)")).isEqualTo(first);
  }

  @Test
  void tenantsAreServedWhileOneLearnsAndIsSwappedIn() throws IOException {
    Path other = folder.resolve("other");
    train(other, 3);

    String told =
        run(
            ServeTenants::main,
            model,
            adapter,
            other,
            logs,
            folder.resolve("learned"),
            "Day seven at sea.");

    List<String> before = told.lines().takeWhile(line -> !line.startsWith("bert's")).toList();
    List<String> after = told.lines().skip(before.size() + 1L).toList();
    assertThat(after).hasSize(4);
    assertThat(before.subList(0, 4)).containsSubsequence(after.get(0), after.get(2), after.get(3));
    assertThat(before.get(1)).startsWith("bert:").isNotEqualTo(after.get(1));
    assertThat(before)
        .hasSizeGreaterThan(8)
        .containsOnly(before.subList(0, 4).toArray(new String[0]));
  }

  @Test
  void aSmallAdapterLearnsWhatALargeOneSays() throws IOException {
    String told = run(OwnObjective::main, model, adapter, logs, folder.resolve("taught"));

    double teacher = number(told, "teacher: loss (.+)");
    double pupil = number(told, "pupil: loss (.+)");
    assertThat(number(told, "taught: loss (.+)")).isLessThan((teacher + pupil) / 2);
    assertThat(folder.resolve("taught/pupil"))
        .isDirectoryContaining("glob:**/adapter_model.safetensors");
  }

  @Test
  void textsOfSeveralAdaptersAreWrittenTogether() throws IOException {
    Path other = folder.resolve("other");
    train(other, 3);
    String prompt = "Day seven at sea.";

    String told =
        run(WriteTogether::main, model, adapter, other, "zzz", prompt, prompt, prompt, prompt);

    List<String> texts = told.lines().filter(line -> line.matches("[A-Z_]+:.*")).toList();
    assertThat(texts).hasSize(4);
    assertThat(texts.get(3)).isEqualTo(texts.get(0)).isNotEqualTo(texts.get(2));
    for (int i = 0; i < 4; i++) {
      String begin = (i + 1) + " +";
      String grown =
          told.lines()
              .filter(line -> line.startsWith(begin))
              .map(line -> line.substring(begin.length()))
              .collect(Collectors.joining());
      assertThat(texts.get(i)).endsWith(":" + grown);
    }
  }

  @Test
  void aMethodOfOnesOwnIsTrainedAndMerged() throws IOException {
    String told = run(OwnMethod::main, model, logs, folder.resolve("merged"));

    double after = number(told, "loss (.+) after");
    assertThat(after).isLessThan(0.8 * number(told, "loss (.+) before"));
    assertThat(number(told, "loss (.+) merged")).isCloseTo(after, within(1e-4));
  }

  @Test
  void aModelOfOnesOwnIsTrainedAndAdapted() throws IOException {
    String told = Printed.by(OwnModel::main);

    assertThat(number(told, "whole: loss .+, then (.+?),")).isLessThan(0.1);
    assertThat(number(told, "LoRA: loss (.+?),")).isGreaterThan(0.5);
    assertThat(number(told, "LoRA: loss .+, then (.+?),")).isLessThan(0.2);
    assertThat(told).contains("trainable 136 of ");
  }

  @Test
  void preferencesAreLearnt() throws IOException {
    Path pairs = folder.resolve("pairs.jsonl");
    String pair =
        "{\"prompt\": \"One windy day.\", \"chosen\": \" Fog, sea rough.\", \"rejected\": \" A cat"
            + " ran home.\"}\n";
    Files.writeString(pairs, pair.repeat(8));

    String told = run(PreferAnswers::main, model, pairs, folder.resolve("preferring"));

    assertThat(number(told, "step 1: loss (.+?),")).isEqualTo(0.693);
    assertThat(number(told, "step 30: loss (.+?),")).isLessThan(0.1);
    assertThat(told).containsPattern("step 30: .* wins 100 %");
    assertThat(folder.resolve("preferring")).isDirectoryContaining("glob:**/adapter_config.json");
  }

  @Test
  void conversationsAreLearnt() throws IOException {
    Path template = Files.writeString(folder.resolve("template.jinja"), TEMPLATE);
    Path talks = folder.resolve("talks.jsonl");
    Files.writeString(
        talks,
        talk("How is the sea?", "The sea is calm.").repeat(8)
            + talk("Who ran?", "A cat ran home.").repeat(8));

    String told =
        run(
            TeachConversations::main,
            model,
            template,
            talks,
            folder.resolve("talking"),
            "How is the sea?");
    assertThat(number(told, ", then (.+)")).isLessThan(0.1 * number(told, "loss (.+?),"));
    assertThat(told.lines()).last().isEqualTo("answer: The sea is calm.");
  }

  private static String talk(String question, String answer) {
    return """
    {"messages": [{"role": "user", "content": "%s"}, {"role": "assistant", "content": "%s"}]}
    """
        .formatted(question, answer);
  }

  @Test
  void theMergedModelIsAsGoodAsModelAndAdapter() throws IOException {
    Path merged = folder.resolve("merged");

    String told = run(MergeAndReload::main, model, logs, merged, "Day seven at sea.");

    double together = number(told, "with its adapter: loss (.+?),");
    assertThat(number(told, "merged: loss (.+?),")).isCloseTo(together, within(1e-4));
    assertThat(told.lines().map(line -> line.replaceFirst(".*?,", "")).distinct()).hasSize(1);
  }

  @Test
  void aKilledTrainingGoesOnToTheSameBits() throws Exception {
    Path checkpoints = folder.resolve("checkpoints");
    Path resumed = folder.resolve("resumed");
    Process killed =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                ResumeTraining.class.getName(),
                model.toString(),
                logs.toString(),
                checkpoints.toString(),
                resumed.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (BufferedReader lines = killed.inputReader()) {
      assertThat(lines.lines().filter(line -> line.startsWith("step 12:")).findFirst()).isPresent();
    } finally {
      killed.destroyForcibly().waitFor();
    }
    assertThat(resumed).doesNotExist();

    String told = run(ResumeTraining::main, model, logs, checkpoints, resumed);

    assertThat(told).startsWith("step 11:").contains("step 20:");
    Path whole = folder.resolve("whole");
    train(whole, 20);
    String file = "adapter_model.safetensors";
    assertThat(resumed.resolve(file)).hasSameBinaryContentAs(whole.resolve(file));
  }

  @Test
  void anAdapterTrainsOn() throws IOException {
    Path further = folder.resolve("further");

    String told = run(ContinueAdapter::main, model, adapter, logs, further);

    assertThat(number(told, "loss after: (.+)")).isLessThan(number(told, "loss before: (.+)"));
    assertThat(further).isDirectoryContaining("glob:**/adapter_model.safetensors");
  }

  @Test
  void anyAdapterBecomesLora() throws IOException {
    Path lora = folder.resolve("lora");

    String told = run(ConvertToLora::main, model, logs, lora);

    assertThat(number(told, "LoRA: loss (.+)"))
        .isCloseTo(number(told, "MiSS: loss (.+)"), within(1e-4));
    AdapterSpec spec = AdapterStore.readSpec(lora, AdapterSpec.DEFAULT_NAME);
    assertThat(spec.config().method()).isEqualTo("lora");
  }

  private static String run(Main main, Object... arguments) throws IOException {
    String[] words = Arrays.stream(arguments).map(Object::toString).toArray(String[]::new);
    return Printed.by(
        () -> {
          try {
            main.run(words);
          } catch (IOException | RuntimeException e) {
            throw e;
          } catch (Exception e) {
            throw new AssertionError(e);
          }
        });
  }

  private interface Main {
    void run(String... arguments) throws Exception;
  }

  private static double number(String text, String pattern) {
    List<String> found =
        Pattern.compile(pattern).matcher(text).results().map(match -> match.group(1)).toList();
    assertThat(found).as("%s in %s", pattern, text).hasSize(1);
    return Double.parseDouble(found.get(0));
  }
}
