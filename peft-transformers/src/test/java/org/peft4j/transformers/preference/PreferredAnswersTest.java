package org.peft4j.transformers.preference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.peft4j.PeftModel;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.kernel.DataType;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.testkit.Shared;
import org.peft4j.train.Evaluation;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;
import org.peft4j.transformers.checkpoint.Checkpoint;
import org.peft4j.transformers.data.Example;
import org.peft4j.transformers.data.Order;
import org.peft4j.transformers.data.Preference;
import org.peft4j.transformers.data.PreferenceBatches;
import org.peft4j.transformers.model.CausalLm;
import org.peft4j.transformers.model.TokenBatch;
import org.peft4j.transformers.text.ModelTexts;

/**
 * A really pretrained model learns to prefer the right answers to questions in words to those with
 * their words the wrong way round.
 */
class PreferredAnswersTest {

  private static final int PAIRS = 32;
  private static final int LONGEST = 224;

  @Test
  void prefersAnswersThatReadForward() throws IOException {
    Path folder = Shared.require("data/stories260K-hf");
    learns(Checkpoint.load(folder, DataType.FLOAT32).causalLm(), pairs(folder));
  }

  private static <M extends CausalLm<M>> void learns(CausalLm<M> model, List<Preference> pairs) {
    PeftModel<M> adapted =
        model.adapt(new AdapterSpec(new LoraConfig(8, 16), TargetModules.allLinear()));
    PreferenceBatches known = new PreferenceBatches(pairs.subList(0, 24), 4, Order.grouped(1));
    PreferenceBatches held = new PreferenceBatches(pairs.subList(24, PAIRS), 4, Order.asListed());
    DpoObjective objective = new DpoObjective(adapted, new DpoConfig());
    try (Trainer<PreferenceBatch> trainer =
        new Trainer<>(adapted, objective, new TrainingConfig(18, 2e-3))) {
      Evaluation before = trainer.evaluate(() -> held.epochs(1));
      trainer.fit(known.epochs(3));
      Evaluation after = trainer.evaluate(() -> held.epochs(1));

      System.out.printf(
          "unseen pairs: loss %.4f -> %.4f, margin %.3f, accuracy %.2f%n",
          before.loss(),
          after.loss(),
          after.measures().get("reward_margin"),
          after.measures().get("reward_accuracy"));
      assertThat(before.loss()).isCloseTo(Math.log(2), within(1e-6));
      assertThat(after.loss()).isLessThan(0.4);
      assertThat(after.measures().get("reward_margin")).isGreaterThan(1);
      assertThat(after.measures()).containsEntry("reward_accuracy", 1.0);
    }
  }

  private static List<Preference> pairs(Path model) throws IOException {
    List<Preference> pairs = new ArrayList<>();
    try (ModelTexts tokenizer = new ModelTexts(model)) {
      for (String line : Files.readAllLines(Shared.require("data/gsm8k/test.jsonl"))) {
        JsonNode row = new ObjectMapper().readTree(line);
        int[] prompt = tokenizer.prompt(row.get("question").textValue());
        int[] answer = tokenizer.encode(row.get("answer").textValue());
        if (pairs.size() < PAIRS && prompt.length + answer.length <= LONGEST) {
          pairs.add(new Preference(example(prompt, answer), example(prompt, reversed(answer))));
        }
      }
    }
    return pairs;
  }

  private static int[] reversed(int[] ids) {
    return IntStream.range(0, ids.length).map(i -> ids[ids.length - 1 - i]).toArray();
  }

  private static Example example(int[] prompt, int[] answer) {
    int[] ids = IntStream.concat(Arrays.stream(prompt), Arrays.stream(answer)).toArray();
    int[] labels = ids.clone();
    Arrays.fill(labels, 0, prompt.length, TokenBatch.IGNORED);
    return new Example(ids, labels);
  }
}
