package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
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
import org.peft4j.transformers.data.ClassBatches;
import org.peft4j.transformers.data.ClassExample;
import org.peft4j.transformers.data.Order;
import org.peft4j.transformers.model.ClassBatch;
import org.peft4j.transformers.model.Labels;
import org.peft4j.transformers.model.SequenceClassifier;
import org.peft4j.transformers.text.ModelTexts;

/** A really pretrained model learns to tell stories for children from Shakespeare. */
class ClassifiedStoriesTest {

  private static final int LONGEST = 48;

  @Test
  void tellsStoriesFromShakespeare() throws IOException {
    List<ClassExample> texts = texts(Shared.require("data/stories260K-hf"));
    List<ClassExample> known = everyThird(texts, false);
    List<ClassExample> unseen = everyThird(texts, true);
    SequenceClassifier<?> model =
        Checkpoint.loadClassifier(
                Shared.require("data/stories260K-hf"),
                DataType.FLOAT32,
                Labels.of("story", "shakespeare"),
                0)
            .classifier();
    PeftModel<?> adapted =
        model.adapt(
            new AdapterSpec(
                new LoraConfig(4, 8),
                TargetModules.names(model.defaultTargets().toArray(new String[0]))));
    ClassBatches batches = new ClassBatches(known, 8, Order.shuffled(3));
    ClassBatches held = new ClassBatches(unseen, 8, Order.asListed());
    int steps = TrainingConfig.stepsFor(5, batches, 1);
    try (Trainer<ClassBatch> trainer =
        new Trainer<>(adapted, model.objective(), new TrainingConfig(steps, 5e-3))) {
      Evaluation before = trainer.evaluate(() -> held.epochs(1));
      trainer.fit(batches.epochs(5));
      Evaluation after = trainer.evaluate(() -> held.epochs(1));

      System.out.printf(
          "of %d unseen texts: accuracy %.3f before, %.3f after %d steps on %d texts%n",
          unseen.size(),
          before.measures().get("accuracy"),
          after.measures().get("accuracy"),
          steps,
          known.size());
      assertThat(after.measures().get("accuracy")).isGreaterThan(0.85);
      assertThat(after.loss()).isLessThan(before.loss() * 0.6);
    }
  }

  /** As many of one kind as of the other, in turn. */
  private static List<ClassExample> texts(Path model) throws IOException {
    try (ModelTexts tokenizer = new ModelTexts(model)) {
      String sample =
          Files.readString(Shared.require("data/tinystories_sample/tinystories_sample.txt"));
      String plays = Files.readString(Shared.require("data/tinyshakespeare/input.txt"));
      List<String> stories =
          Arrays.stream(sample.split("[.!?\\n]"))
              .map(String::strip)
              .filter(ofSomeLength())
              .toList();
      List<String> lines =
          plays.lines().filter(ofSomeLength()).filter(line -> !line.endsWith(":")).toList();
      List<ClassExample> texts = new ArrayList<>();
      for (int i = 0; i < stories.size(); i++) {
        texts.add(example(tokenizer, stories.get(i), 0));
        texts.add(example(tokenizer, lines.get(i * (lines.size() / stories.size())), 1));
      }
      return texts;
    }
  }

  private static Predicate<String> ofSomeLength() {
    return text -> text.length() >= 20;
  }

  private static ClassExample example(ModelTexts tokenizer, String text, int label) {
    int[] ids = tokenizer.prompt(text);
    return new ClassExample(Arrays.copyOf(ids, Math.min(ids.length, LONGEST)), label);
  }

  private static List<ClassExample> everyThird(List<ClassExample> texts, boolean third) {
    return IntStream.range(0, texts.size())
        .filter(i -> (i / 2 % 3 == 2) == third)
        .mapToObj(texts::get)
        .toList();
  }
}
