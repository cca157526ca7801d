package org.peft4j.transformers.llama;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.peft4j.AdaptedModel;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.kernel.DataType;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.Shared;
import org.peft4j.transformers.checkpoint.Checkpoint;
import org.peft4j.transformers.data.Batches;
import org.peft4j.transformers.data.Example;
import org.peft4j.transformers.data.Order;
import org.peft4j.transformers.data.Packing;
import org.peft4j.transformers.decoder.DecoderForCausalLm;
import org.peft4j.transformers.model.Span;
import org.peft4j.transformers.model.TokenBatch;

/** Examples that share a row are computed, and learned from, as if each were alone. */
class PackedLlamaTest {

  @TempDir Path directory;

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "FLOAT64"})
  void aPackedBatchTeachesATinyLlamaWhatItsExamplesTeach(DataType type) throws IOException {
    assertSameLesson(adapted(tiny(), type), random(23, 40), 64);
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "FLOAT64"})
  void aPackedBatchTeachesAPretrainedModelWhatItsExamplesTeach(DataType type) throws IOException {
    Path folder = Shared.require("data/stories260K-hf");
    assertSameLesson(adapted(folder, type), stories(12), 256);
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "FLOAT64"})
  void aTokenChangesNoScoreOfAnotherExample(DataType type) throws IOException {
    PeftModel<DecoderForCausalLm> model = adapted(tiny(), type);
    TokenBatch batch = packed(random(6, 30), 96);
    double[] before = logits(model, batch);
    List<Span> examples = batch.examples();
    assertThat(batch.sequences()).isLessThan(examples.size());

    for (Span changed : examples) {
      batch.ids()[changed.from()] = (batch.ids()[changed.from()] + 1) % TinyLlama.VOCABULARY;
      double[] after = logits(model, batch);
      for (Span example : examples) {
        double[] own = scores(before, example);
        assertThat(Arrays.equals(scores(after, example), own)).isEqualTo(example != changed);
      }
      before = after;
    }
  }

  @Test
  void anExampleMayBeAsLongAsTheModelsPositionsWhateverTheRow() throws IOException {
    PeftModel<DecoderForCausalLm> model = adapted(tiny(), DataType.FLOAT32);
    TokenBatch batch = packed(List.of(example(96), example(96)), 192);

    assertThat(batch.length()).isEqualTo(192);
    double[] logits = logits(model, batch);
    assertThat(scores(logits, new Span(0, 96))).isEqualTo(scores(logits, new Span(96, 192)));
  }

  @Test
  void anAssignedAdapterIsThatOfAWholePackedSequence() throws IOException {
    PeftModel<DecoderForCausalLm> model = adapted(tiny(), DataType.FLOAT64);
    List<Example> examples = random(8, 20);
    TokenBatch both = packed(examples, 96);
    assertThat(both.sequences()).isEqualTo(2);
    double[] withAdapter = logits(model, both);
    double[] without = logits(model.base(), both);

    double[] mixed = logits(model.perRow(List.of(PeftModel.BASE, "default")), both);
    int half = mixed.length / 2;
    assertThat(Arrays.copyOf(mixed, half)).isEqualTo(Arrays.copyOf(without, half));
    assertThat(Arrays.copyOfRange(mixed, half, 2 * half))
        .isEqualTo(Arrays.copyOfRange(withAdapter, half, 2 * half))
        .isNotEqualTo(Arrays.copyOfRange(without, half, 2 * half));
  }

  /** Packed, padded side by side, and one by one. */
  private static void assertSameLesson(
      PeftModel<DecoderForCausalLm> model, List<Example> examples, int rowLength) {
    TokenBatch packed = packed(examples, rowLength);
    TokenBatch padded = new Batches(examples, examples.size(), Order.asListed()).batch(0);
    assertThat(packed.ids().length).isLessThan(padded.ids().length);
    List<TokenBatch> single = new ArrayList<>();
    new Batches(examples, 1, Order.asListed()).epochs(1).forEachRemaining(single::add);

    Lesson lesson = Lesson.of(model, List.of(packed));

    assertThat(lesson.targets()).isEqualTo(padded.targets());
    lesson.assertClose(Lesson.of(model, List.of(padded)), tolerance(model.type()));
    lesson.assertClose(Lesson.of(model, single), tolerance(model.type()));
  }

  private static double tolerance(DataType type) {
    return type == DataType.FLOAT64 ? 1e-12 : 5e-6;
  }

  /**
   * What a trainer would learn from some batches.
   *
   * @param gradients of the sum of their losses
   */
  private record Lesson(int targets, double loss, Map<String, double[]> gradients) {

    static Lesson of(PeftModel<DecoderForCausalLm> model, List<TokenBatch> batches) {
      double loss = 0;
      try (Tape t = model.training()) {
        for (TokenBatch batch : batches) {
          Tensor sum = model.model().lossSum(t, batch);
          loss += sum.item();
          t.backward(sum, 1);
          t.reset();
        }
        Map<String, double[]> gradients = new LinkedHashMap<>();
        model
            .trainable()
            .forEach(
                (path, tensor) -> {
                  gradients.put(path, tensor.gradient().toDoubles());
                  tensor.clearGradient();
                });
        return new Lesson(sum(batches, TokenBatch::targets), loss, gradients);
      }
    }

    private static int sum(List<TokenBatch> batches, ToIntFunction<TokenBatch> part) {
      return batches.stream().mapToInt(part).sum();
    }

    /** Differences count relative to the largest gradient. */
    void assertClose(Lesson other, double tolerance) {
      assertThat(targets).isEqualTo(other.targets);
      double largest =
          gradients.values().stream()
              .flatMapToDouble(Arrays::stream)
              .map(Math::abs)
              .max()
              .orElse(0);
      double worst = 0;
      for (String path : gradients.keySet()) {
        double[] own = gradients.get(path);
        double[] others = other.gradients.get(path);
        assertThat(Arrays.stream(own).anyMatch(g -> g != 0)).as(path).isTrue();
        for (int i = 0; i < own.length; i++) {
          worst = Math.max(worst, Math.abs(own[i] - others[i]) / largest);
        }
      }
      System.out.printf(
          "packed against unpacked: loss %.10f, relative difference %.1e; of gradients %.1e%n",
          loss, Math.abs(loss - other.loss) / loss, worst);
      assertThat(Math.abs(loss - other.loss) / loss).isLessThan(tolerance);
      assertThat(worst).isLessThan(tolerance);
    }
  }

  private static TokenBatch packed(List<Example> examples, int rowLength) {
    return new Batches(Packing.of(examples, rowLength), examples.size(), Order.asListed()).batch(0);
  }

  private static double[] logits(PeftModel<DecoderForCausalLm> model, TokenBatch batch) {
    return logits(model.current(), batch);
  }

  private static double[] logits(AdaptedModel<DecoderForCausalLm> model, TokenBatch batch) {
    try (Tape t = model.inference()) {
      return model.model().logits(t, batch).value().toDoubles();
    }
  }

  private static double[] scores(double[] logits, Span example) {
    return Arrays.copyOfRange(
        logits, example.from() * TinyLlama.VOCABULARY, example.to() * TinyLlama.VOCABULARY);
  }

  private Path tiny() throws IOException {
    return new TinyLlama().writeTo(directory);
  }

  /** With LoRA that does something, as both its factors are random. */
  private static PeftModel<DecoderForCausalLm> adapted(Path folder, DataType type)
      throws IOException {
    DecoderForCausalLm llama = (DecoderForCausalLm) Checkpoint.load(folder, type).causalLm();
    PeftModel<DecoderForCausalLm> model =
        Peft.adapt(llama, new AdapterSpec(new LoraConfig(4, 8), TargetModules.allLinear()));
    Random random = new Random(2);
    model
        .trainable()
        .values()
        .forEach(
            tensor ->
                tensor.value().put(random.doubles(tensor.value().length(), -0.1, 0.1).toArray()));
    return model;
  }

  /** The last third of each is to be predicted, or all of it. */
  private static List<Example> random(int count, int longest) {
    Random random = new Random(8);
    return IntStream.range(0, count)
        .mapToObj(
            i -> {
              int[] ids =
                  random.ints(2 + random.nextInt(longest - 1), 0, TinyLlama.VOCABULARY).toArray();
              int[] labels = ids.clone();
              Arrays.fill(labels, 0, i % 2 * ids.length * 2 / 3, TokenBatch.IGNORED);
              return new Example(ids, labels);
            })
        .toList();
  }

  private static Example example(int length) {
    return Example.of(IntStream.range(0, length).map(i -> i * i % 23).toArray());
  }

  private static List<Example> stories(int count) throws IOException {
    JsonNode json =
        new ObjectMapper().readTree(Shared.require("golden/curves/batches.json").toFile());
    return IntStream.range(0, count)
        .mapToObj(i -> json.get("train_token_ids").get(i))
        .map(story -> IntStream.range(0, story.size()).map(i -> story.get(i).asInt()).toArray())
        .map(Example::of)
        .toList();
  }
}
