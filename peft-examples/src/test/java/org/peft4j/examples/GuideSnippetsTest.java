package org.peft4j.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.PeftModel;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.cli.tiny.ShipLogs;
import org.peft4j.cli.tiny.TinyModel;
import org.peft4j.listeners.ProgressBarListener;
import org.peft4j.listeners.TensorBoardListener;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.train.AdamWSettings;
import org.peft4j.train.CheckpointPlan;
import org.peft4j.train.EarlyStopping;
import org.peft4j.train.EvaluationPlan;
import org.peft4j.train.FaultPolicy;
import org.peft4j.train.Gradients;
import org.peft4j.train.LearningRate;
import org.peft4j.train.RateFactors;
import org.peft4j.train.Schedule;
import org.peft4j.train.StepReport;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;
import org.peft4j.train.TrainingPlan;
import org.peft4j.train.TrainingReport;
import org.peft4j.train.Warmup;
import org.peft4j.transformers.ClassEvaluation;
import org.peft4j.transformers.LanguageModel;
import org.peft4j.transformers.MemoryEstimate;
import org.peft4j.transformers.Prediction;
import org.peft4j.transformers.TextClassifier;
import org.peft4j.transformers.chat.Conversation;
import org.peft4j.transformers.chat.Message;
import org.peft4j.transformers.data.Batches;
import org.peft4j.transformers.data.Columns;
import org.peft4j.transformers.data.ExampleReader;
import org.peft4j.transformers.data.Order;
import org.peft4j.transformers.data.Packing;
import org.peft4j.transformers.data.PreferenceBatches;
import org.peft4j.transformers.data.TooLong;
import org.peft4j.transformers.generate.Generated;
import org.peft4j.transformers.generate.GenerationQueue;
import org.peft4j.transformers.generate.GenerationRequest;
import org.peft4j.transformers.generate.Sampling;
import org.peft4j.transformers.model.TokenBatch;
import org.peft4j.transformers.preference.DpoConfig;
import org.peft4j.transformers.preference.DpoObjective;

/** The Java of the guides in {@code docs}, which {@link GuidesTest} compares. */
class GuideSnippetsTest {

  @TempDir static Path root;

  @TempDir Path temporary;

  @BeforeAll
  static void write() throws IOException {
    TinyModel.unpack(root.resolve("model"));
    ShipLogs.write(root.resolve("texts.jsonl"), 0, 24);
  }

  @Test
  void training() throws IOException {
    Path folder = root.resolve("model");
    Path texts = root.resolve("texts.jsonl");
    Path adapter = temporary.resolve("adapter");

    try (var model = LanguageModel.load(folder)) {
      model.adapt(new LoraConfig(8, 16));
      var batches = model.batches(texts, 8);
      model.train(batches, new TrainingConfig(20, 5e-3));
      model.save(adapter);
    }

    assertThat(adapter).isDirectoryContaining("glob:**adapter_model.safetensors");
  }

  @Test
  void adaptersOfACall() throws IOException {
    try (var model = LanguageModel.load(root.resolve("model"))) {
      var peft = model.peft();
      for (String name : List.of("logs", "a", "b")) {
        peft.add(new AdapterSpec(new LoraConfig(2, 4), TargetModules.allLinear()).named(name));
      }
      var network = model.model();
      String prompt = "Day";
      int[] ids = model.texts().prompt(prompt);
      TokenBatch batch = TokenBatch.of(List.of(ids));
      TokenBatch rows = TokenBatch.of(List.of(ids, ids, ids));
      float[] y;

      String tuned = model.with("logs").generate(prompt, 12);
      String plain = model.base().generate(prompt, 12);

      // Any model through its PeftModel: "b" sees "a" as its base.
      try (Tape t = peft.with(List.of("a", "b")).inference()) {
        y = network.logits(t, batch).value().toFloats();
      }
      // Another one, or none, for each row of a batch.
      try (Tape t = peft.perRow(List.of("a", PeftModel.BASE, "b")).inference()) {
        y = network.logits(t, rows).value().toFloats();
      }

      assertThat(y).hasSize(3 * ids.length * network.vocabulary());
      assertThat(tuned).isEqualTo(plain);
    }
  }

  @Test
  void manyTextsAtOnce() throws IOException {
    try (var model = LanguageModel.load(root.resolve("model"))) {
      model.peft().add(new AdapterSpec(new LoraConfig(2, 4), TargetModules.allLinear()).named("a"));
      List<String> prompts = List.of("Day 3 at sea.", "One windy day.", "Fog.");
      String prompt = prompts.get(0);
      var page = new StringBuilder();
      Conversation conversation = Conversation.of(List.of(Message.user("How is the sea?")));

      List<Generated> answers = model.with("a").generateAll(prompts, 30, Sampling.greedy());

      try (GenerationQueue queue = model.queue(16)) {
        GenerationRequest plain = model.base().request(prompt, 30);
        GenerationRequest drawn =
            model.with("a").request(prompt, 30).with(new Sampling(0.8, 0, 0.95, 7));
        CompletableFuture<Generated> first = queue.submit(plain);
        CompletableFuture<Generated> second =
            queue.submit(
                drawn.stoppingAt("\n", "The end"),
                piece -> {
                  page.append(piece);
                  return page.length() < 1000;
                });
        answers = List.of(first.join(), second.join());
      }
      Generated stopped = model.generate(model.request(prompt, 30).stoppingAt("sea"));

      assertThat(answers.get(1).text()).isEqualTo(page.toString());
      assertThat(answers.get(0).tokens()).hasSizeLessThanOrEqualTo(30);
      assertThat(stopped.text()).doesNotContain("sea");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> model.request(conversation, 30))
          .withMessageContaining("has no chat template");
    }
  }

  @Test
  void settingsAndWhatHappensAroundTheSteps() throws IOException {
    Path checkpoints = temporary.resolve("checkpoints");
    List<Double> losses = new ArrayList<>();
    try (var model = adapted()) {
      var batches = model.batches(root.resolve("texts.jsonl"), 8);
      Iterable<TokenBatch> held = () -> batches.epochs(1);

      var config =
          new TrainingConfig(
              TrainingConfig.stepsFor(3, batches, 2), // three epochs of steps of two batches
              new LearningRate(2e-3, Schedule.COSINE, Warmup.share(0.03)),
              new AdamWSettings(0.01),
              RateFactors.loraPlus(4), // B trains four times as fast as A
              new Gradients(
                  2, // batches per step
                  1.0, // the longest gradient; longer ones are shortened
                  FaultPolicy.skipping(3),
                  false), // no activation checkpointing
              42); // the seed of dropout

      var plan =
          new TrainingPlan<TokenBatch>(step -> losses.add(step.loss()))
              .evaluating(
                  new EvaluationPlan<>(held, 5).keepingBest().stopping(new EarlyStopping(3, 1e-3)))
              .saving(new CheckpointPlan(checkpoints, 10))
              .within(Duration.ofHours(8));
      TrainingReport report = model.train(batches, config, plan);

      assertThat(report.steps()).hasSize(6).hasSameSizeAs(losses);
      assertThat(report.evaluations()).hasSize(2);
      assertThat(checkpoints.resolve("checkpoint-6")).isDirectory();
    }
  }

  @Test
  void listeners() throws IOException {
    Path runs = temporary.resolve("runs");
    try (var model = adapted()) {
      var batches = model.batches(root.resolve("texts.jsonl"), 8);

      try (var bar = ProgressBarListener.lines(System.out::println);
          var events = new TensorBoardListener(runs)) {
        model.train(batches, new TrainingConfig(10, 5e-3), bar, events);
      }

      assertThat(runs).isDirectoryContaining("glob:**events.out.tfevents.*");
    }
  }

  @Test
  void theStepByItself() throws IOException {
    var config = new TrainingConfig(1, 1e-3);
    try (var model = adapted()) {
      var batches = model.batches(root.resolve("texts.jsonl"), 8);

      try (var trainer = new Trainer<>(model.peft(), model.model().objective(), config)) {
        trainer.computeGradients(batches.batch(0));
        trainer.computeGradients(batches.batch(1));
        StepReport step = trainer.applyGradients();

        assertThat(step.step()).isEqualTo(1);
      }
    }
  }

  @Test
  void preferences() throws IOException {
    Path pairs = temporary.resolve("pairs.jsonl");
    Files.writeString(
        pairs,
        "{\"prompt\": \"One windy day.\", \"chosen\": \" Fog.\", \"rejected\": \" A cat.\"}\n"
            .repeat(8));
    var config = new TrainingConfig(5, 5e-3);
    try (var model = adapted()) {
      var objective = new DpoObjective(model.peft(), new DpoConfig());
      var batches = new PreferenceBatches(model.readPairs(pairs), 4, Order.shuffled(0));
      var report = model.train(batches, objective, config, new TrainingPlan<>());

      assertThat(report.losses()[4]).isLessThan(report.losses()[0]);
    }
  }

  @Test
  void labels() throws IOException {
    Path folder = root.resolve("model");
    Path texts = temporary.resolve("labelled.jsonl");
    Files.writeString(
        texts,
        "{\"text\": \"Fog, sea rough.\", \"label\": \"log\"}\n{\"text\": \"A cat ran.\", \"label\": \"story\"}\n"
            .repeat(8));
    var config = new TrainingConfig(30, 1e-2);
    try (var model = TextClassifier.load(folder, "log", "story")) {
      model.adapt(new LoraConfig(8, 16));
      model.train(model.batches(texts, 8), config);
      String label = model.predict("Fog, sea rough.").label();

      assertThat(label).isEqualTo("log");
    }
  }

  @Test
  void classifying() throws IOException {
    Path base = root.resolve("model");
    Path adapter = temporary.resolve("adapter");
    Path merged = temporary.resolve("merged");
    Path train = temporary.resolve("labelled.jsonl");
    Files.writeString(
        train,
        "{\"text\": \"Fog, sea rough.\", \"label\": \"log\"}\n{\"text\": \"A cat ran.\", \"label\": \"story\"}\n"
            .repeat(8));
    Path test = train;

    try (var model = TextClassifier.load(base, "log", "story")) {
      model.adapt(new LoraConfig(8, 16));
      model.train(model.batches(train, 8), new TrainingConfig(60, 1e-2));
      ClassEvaluation evaluation = model.evaluate(test);
      System.out.println(
          evaluation.accuracy() + " " + evaluation.macroF1() + " " + evaluation.byLabel());
      model.save(adapter);
    }
    try (var model = TextClassifier.load(base, adapter)) {
      for (Prediction each : model.predict(List.of("Fog, sea rough.", "A cat ran home."))) {
        System.out.println(each.label() + " " + each.probability() + " " + each.probabilities());
      }
      model.merge(merged);
    }

    assertThat(merged).isDirectoryContaining("glob:**model.safetensors");
  }

  @Test
  void checkpoints() throws IOException {
    Path folder = temporary.resolve("checkpoints");
    var config = new TrainingConfig(10, 1e-3);
    try (var model = adapted()) {
      var batches = model.batches(root.resolve("texts.jsonl"), 8);

      var checkpoints = new CheckpointPlan(folder, 5);
      model.train(batches, config, new TrainingPlan<TokenBatch>().saving(checkpoints));

      model.train(batches, config, new TrainingPlan<TokenBatch>().saving(checkpoints.resuming()));

      assertThat(folder.resolve("checkpoint-10")).isDirectory();
    }
  }

  @Test
  void data() throws IOException {
    Path file = temporary.resolve("questions.jsonl");
    Files.writeString(
        file, "{\"question\": \"Who sails?\", \"answer\": \" The captain.\"}\n".repeat(9));
    try (var model = adapted()) {
      var settings = model.settings(256).with(Columns.parse("prompt=question,completion=answer"));
      var examples =
          new ExampleReader(model.texts(), settings.with(TooLong.SKIP)).read(file).list();
      var packed = new Batches(Packing.of(examples, 256), 4, Order.shuffled(7));
      var grouped = new Batches(examples, 8, Order.grouped(7));

      assertThat(packed.perEpoch()).isEqualTo(1);
      assertThat(grouped.perEpoch()).isEqualTo(2);
    }
  }

  @Test
  void memory() throws IOException {
    var config = new TrainingConfig(1, 1e-3);
    try (var model = adapted()) {
      MemoryEstimate estimate = MemoryEstimate.of(model, config, 8, 256);
      System.out.println(estimate);
      estimate.requireFits(estimate.available());

      config = config.withActivationCheckpointing(true);

      assertThat(MemoryEstimate.of(model, config, 8, 256).activations())
          .isLessThan(estimate.activations());
    }
  }

  private static LanguageModel adapted() throws IOException {
    LanguageModel model = LanguageModel.load(root.resolve("model"));
    model.adapt(new LoraConfig(4, 8));
    return model;
  }
}
