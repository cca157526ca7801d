package org.peft4j.transformers.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.kernel.DataType;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.Bfloat16;
import org.peft4j.testkit.ChildJvm;
import org.peft4j.testkit.Shared;
import org.peft4j.transformers.Gradients;
import org.peft4j.transformers.checkpoint.Checkpoint;
import org.peft4j.transformers.decoder.DecoderForCausalLm;
import org.peft4j.transformers.model.TokenBatch;

/**
 * What a model makes of a text, and learns from it, depends on nothing but the text: not on what
 * else is in its batch, on its place there, on padding, on how many rows or threads compute at
 * once.
 */
class BesideOtherTextsTest {

  @TempDir Path directory;

  /** Where a kernel takes one extent for another, it is here that they are equal. */
  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  void asManyTextsAsTokens(DataType type) throws IOException {
    Bfloat16.assumeComputable(type);
    PeftModel<DecoderForCausalLm> model = adapted(tiny(), type);
    for (int k = 1; k <= 40; k++) {
      assertSameScores(model, texts(new Random(k), k, k, k), k, tolerance(type));
    }
  }

  @Test
  void asManyTextsAsTokensOfAPretrainedModel() throws IOException {
    PeftModel<DecoderForCausalLm> model =
        adapted(Shared.require("data/stories260K-hf"), DataType.FLOAT32);
    for (int k : new int[] {2, 3, 8, 16, 31, 32, 33}) {
      List<int[]> texts = texts(new Random(k), k, k, k);
      assertSameScores(model, texts, k, 1e-3);
      assertSameLesson(model, texts, k, 1e-3);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  void anywhereAmongLongerAndShorterOnes(DataType type) throws IOException {
    Bfloat16.assumeComputable(type);
    PeftModel<DecoderForCausalLm> model = adapted(tiny(), type);
    Random random = new Random(2);
    for (int i = 0; i < 12; i++) {
      List<int[]> texts = texts(random, 1 + random.nextInt(30), 1, 96);
      assertSameScores(model, texts, 0, tolerance(type));
      Collections.reverse(texts);
      assertSameScores(model, texts, 96, tolerance(type));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 5, 8, 16, 20, 32})
  void teachesWhatTheTextsTeachOneByOne(int k) throws IOException {
    PeftModel<DecoderForCausalLm> model = adapted(tiny(), DataType.FLOAT32);
    assertSameLesson(model, texts(new Random(k), k, k, k), k, 1e-4);
    assertSameLesson(model, texts(new Random(k), k, 2, 70), k, 1e-4);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 32, 64, 1000})
  void teachesTheSameHoweverManyRowsTheOutputLayerComputesAtOnce(int rows) throws IOException {
    PeftModel<DecoderForCausalLm> model = adapted(tiny(), DataType.FLOAT32);
    TokenBatch batch = TokenBatch.of(texts(new Random(3), 6, 2, 40));
    double[] whole = lesson(model, batch);
    double[] inParts =
        lesson(
            model,
            t ->
                t.crossEntropySum(
                    model.model().hidden(t, batch),
                    batch.shiftedLabels(),
                    rows,
                    x -> model.model().head(t, x)));
    assertClose(inParts, whole, 1e-5);
  }

  /** In processes of their own: threads are counted once. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void teachesTheSameWithOtherThreads(int threads) throws Exception {
    Path folder = tiny();
    ProcessBuilder other =
        ChildJvm.of(
            List.of("-Xmx512m", "-Dpeft4j.threads=" + threads), Lessons.class, folder.toString());
    other.environment().put("OMP_NUM_THREADS", String.valueOf(threads));
    Process process = other.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isZero();
    double[] found = Arrays.stream(said.strip().split(" ")).mapToDouble(Double::valueOf).toArray();
    assertClose(found, Lessons.of(folder), 1e-5);
  }

  /** What is learned from a few batches, printed. */
  static final class Lessons {

    public static void main(String[] folder) throws IOException {
      StringBuilder said = new StringBuilder();
      Arrays.stream(of(Path.of(folder[0]))).forEach(x -> said.append(x).append(' '));
      System.out.println(said);
    }

    static double[] of(Path folder) throws IOException {
      PeftModel<DecoderForCausalLm> model = adapted(folder, DataType.FLOAT32);
      return IntStream.of(1, 7, 32)
          .mapToObj(k -> lesson(model, TokenBatch.of(texts(new Random(k), k, 2, 90))))
          .flatMapToDouble(DoubleStream::of)
          .toArray();
    }
  }

  /** Of some texts of the batch: the first ones, one in the middle, and the last. */
  private static void assertSameScores(
      PeftModel<DecoderForCausalLm> model, List<int[]> texts, int length, double tolerance) {
    int vocabulary = model.model().vocabulary();
    TokenBatch batch = padded(texts, length);
    double[] together = logits(model, batch);
    int last = texts.size() - 1;
    for (int s : IntStream.of(0, 1, last / 2, last).filter(s -> s <= last).distinct().toArray()) {
      double[] alone = logits(model, TokenBatch.of(List.of(texts.get(s))));
      int from = s * batch.length() * vocabulary;
      assertThat(Arrays.copyOfRange(together, from, from + alone.length))
          .as("text %d of %d x %d", s, batch.sequences(), batch.length())
          .containsExactly(alone, within(tolerance));
    }
  }

  private static void assertSameLesson(
      PeftModel<DecoderForCausalLm> model, List<int[]> texts, int length, double tolerance) {
    double[] sum = new double[0];
    for (int[] text : texts) {
      double[] one = lesson(model, TokenBatch.of(List.of(text)));
      sum = sum.length == 0 ? new double[one.length] : sum;
      for (int i = 0; i < one.length; i++) {
        sum[i] += one[i];
      }
    }
    assertClose(lesson(model, padded(texts, length)), sum, tolerance);
  }

  private static void assertClose(double[] actual, double[] expected, double tolerance) {
    double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
    assertThat(actual).containsExactly(expected, within(tolerance * largest));
  }

  /** The loss of all labels, and the gradients of all that trains. */
  private static double[] lesson(PeftModel<DecoderForCausalLm> model, TokenBatch batch) {
    return lesson(model, t -> model.model().lossSum(t, batch));
  }

  private static double[] lesson(
      PeftModel<DecoderForCausalLm> model, java.util.function.Function<Tape, Tensor> objective) {
    model.trainable().values().forEach(Tensor::clearGradient);
    List<double[]> found = new ArrayList<>();
    try (Tape t = model.training()) {
      Tensor loss = objective.apply(t);
      found.add(new double[] {loss.item()});
      t.backward(loss, 1);
      model.trainable().values().forEach(x -> found.add(x.gradient().toDoubles()));
    }
    return found.stream().flatMapToDouble(DoubleStream::of).toArray();
  }

  private static double[] logits(PeftModel<DecoderForCausalLm> model, TokenBatch batch) {
    try (Tape t = model.inference()) {
      return model.model().logits(t, batch).value().toDoubles();
    }
  }

  /** With so much padding that there are at least {@code length} positions. */
  private static TokenBatch padded(List<int[]> texts, int length) {
    TokenBatch batch = TokenBatch.of(texts);
    return length > batch.length() ? batch.roundedUp() : batch;
  }

  private static List<int[]> texts(Random random, int count, int shortest, int longest) {
    List<int[]> texts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int length = shortest + random.nextInt(longest - shortest + 1);
      texts.add(random.ints(length, 0, TinyLlama.VOCABULARY).toArray());
    }
    return texts;
  }

  private static double tolerance(DataType type) {
    return type == DataType.FLOAT32 ? 1e-4 : 0.15;
  }

  private static PeftModel<DecoderForCausalLm> adapted(Path folder, DataType type)
      throws IOException {
    DecoderForCausalLm model = (DecoderForCausalLm) Checkpoint.load(folder, type).causalLm();
    PeftModel<DecoderForCausalLm> adapted =
        Peft.adapt(
            model,
            new AdapterSpec(
                new LoraConfig(2, 4),
                TargetModules.names("q_proj", "k_proj", "v_proj", "down_proj")));
    Gradients.awayFromStart(adapted, 0.1);
    return adapted;
  }

  private Path tiny() throws IOException {
    return new TinyLlama().writeTo(directory.resolve("model"));
  }
}
