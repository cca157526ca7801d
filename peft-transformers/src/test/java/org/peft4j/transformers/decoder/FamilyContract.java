package org.peft4j.transformers.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.KernelSets;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.plain.PlainKernels;
import org.peft4j.nn.ActiveAdapters;
import org.peft4j.nn.ModuleTree;
import org.peft4j.nn.Parameter;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.transformers.Gradients;
import org.peft4j.transformers.checkpoint.Checkpoint;
import org.peft4j.transformers.checkpoint.LoadedModel;
import org.peft4j.transformers.generate.Generator;
import org.peft4j.transformers.generate.Sampling;
import org.peft4j.transformers.model.CausalLm;
import org.peft4j.transformers.model.KeyValueCache;
import org.peft4j.transformers.model.Labels;
import org.peft4j.transformers.model.SequenceClassifier;
import org.peft4j.transformers.model.TokenBatch;

/** What holds for the models of every family of decoders, shown on a tiny one of drawn numbers. */
public interface FamilyContract {

  /** The family. */
  DecoderFamily family();

  /**
   * A {@code config.json} of the smallest model that shows everything: at least 24 tokens, 2 layers
   * and 40 positions.
   */
  String config();

  private Path checkpoint(Path folder) throws IOException {
    return TinyCheckpoint.write(family(), config(), folder);
  }

  private DecoderForCausalLm tiny(Path folder) throws IOException {
    return (DecoderForCausalLm) Checkpoint.load(checkpoint(folder), DataType.FLOAT64).causalLm();
  }

  private static Kernels kernels() {
    return KernelSets.forType(DataType.FLOAT64);
  }

  private static int[] ids(int count, long seed) {
    return new Random(seed).ints(count, 0, 24).toArray();
  }

  private static double[] logits(CausalLm<?> model, TokenBatch batch) {
    return logits(Tape.inference(kernels()), model, batch);
  }

  private static double[] logits(Tape own, CausalLm<?> model, TokenBatch batch) {
    try (Tape t = own) {
      return model.logits(t, batch).value().toDoubles();
    }
  }

  @Test
  default void paddingChangesNoText(@TempDir Path folder) throws IOException {
    CausalLm<?> model = tiny(folder);
    double[] padded = logits(model, TokenBatch.of(List.of(ids(7, 1), ids(3, 2))));
    double[] alone = logits(model, TokenBatch.of(List.of(ids(3, 2))));

    int first = 7 * model.vocabulary();
    assertThat(Arrays.copyOfRange(padded, first, first + alone.length))
        .containsExactly(alone, within(1e-12));
  }

  @Test
  default void aPackedTextIsComputedAsAlone(@TempDir Path folder) throws IOException {
    CausalLm<?> model = tiny(folder);
    List<List<int[]>> examples = List.of(List.of(ids(4, 1), ids(6, 2)), List.of(ids(5, 3)));
    double[] packed = logits(model, TokenBatch.packed(examples, examples));
    double[] alone = logits(model, TokenBatch.of(List.of(ids(6, 2))));

    int first = 4 * model.vocabulary();
    assertThat(Arrays.copyOfRange(packed, first, first + alone.length))
        .containsExactly(alone, within(1e-12));
  }

  @Test
  default void readingStepByStepGivesTheScoresOfReadingAtOnce(@TempDir Path folder)
      throws IOException {
    CausalLm<?> model = tiny(folder);
    int[] ids = ids(20, 4);
    double[] atOnce = logits(model, TokenBatch.of(List.of(ids)));
    int from = 0;
    try (Tape t = Tape.inference(kernels());
        KeyValueCache cache = model.cache(kernels(), 32)) {
      for (int count : new int[] {5, 1, 1, 7, 1, 5}) {
        int[] part = Arrays.copyOfRange(ids, from, from + count);
        double[] scores = model.head(t, model.hidden(t, part, cache)).value().toDoubles();
        int end = (from + count) * model.vocabulary();
        assertThat(scores)
            .containsExactly(Arrays.copyOfRange(atOnce, end - scores.length, end), within(1e-10));
        t.reset();
        from += count;
      }
    }
  }

  @Test
  default void textsThatGoOnTogetherAreComputedAsAlone(@TempDir Path folder) throws IOException {
    CausalLm<?> model = tiny(folder);
    List<int[]> texts = List.of(ids(9, 1), ids(4, 2), ids(17, 3));
    List<double[]> alone = new ArrayList<>();
    for (int[] text : texts) {
      alone.add(lastScores(model, List.of(text)).get(0));
    }

    assertThat(lastScores(model, texts)).containsExactlyElementsOf(alone);
  }

  /** The scores after texts of which the last three tokens are read together with the others'. */
  private static List<double[]> lastScores(CausalLm<?> model, List<int[]> texts) {
    Kernels plain = new PlainKernels();
    List<KeyValueCache> caches = new ArrayList<>();
    List<double[]> scores = new ArrayList<>();
    try (Tape t = Tape.inference(plain)) {
      for (int[] text : texts) {
        caches.add(model.cache(plain, text.length));
        model.hidden(t, Arrays.copyOf(text, text.length - 3), caches.get(caches.size() - 1));
        t.reset();
      }
      for (int left = 3; left > 0; left--) {
        int[] next = tokensBeforeEnd(texts, left);
        Buffer rows = model.head(t, model.hidden(t, next, caches)).value();
        for (int i = 0; i < next.length; i++) {
          scores.add(i, rows.rows(i, i + 1).toDoubles());
        }
        t.reset();
      }
      return scores.subList(0, texts.size());
    } finally {
      caches.forEach(KeyValueCache::close);
    }
  }

  private static int[] tokensBeforeEnd(List<int[]> texts, int left) {
    return texts.stream().mapToInt(text -> text[text.length - left]).toArray();
  }

  @Test
  default void whatItWritesIsTheLikeliestOfTheWholeText(@TempDir Path folder) throws IOException {
    CausalLm<?> model = tiny(folder);
    int[] prompt = ids(4, 5);
    int[] written =
        new Generator(model, kernels())
            .generate(prompt, new Generator.Request(8, Sampling.greedy(), Set.of()));

    int[] text = Arrays.copyOf(prompt, prompt.length + written.length);
    System.arraycopy(written, 0, text, prompt.length, written.length);
    double[] scores = logits(model, TokenBatch.of(List.of(text)));
    int columns = model.vocabulary();
    for (int i = 0; i < written.length; i++) {
      int row = (prompt.length + i - 1) * columns;
      double largest = Arrays.stream(scores, row, row + columns).max().orElseThrow();
      assertThat(scores[row + written[i]]).isCloseTo(largest, within(1e-10));
    }
  }

  @Test
  default void theLossIsThatOfAllRowsAlthoughOnlySomeAreComputed(@TempDir Path folder)
      throws IOException {
    CausalLm<?> model = tiny(folder);
    int[] labels = ids(30, 6);
    Arrays.fill(labels, 3, 25, TokenBatch.IGNORED);
    TokenBatch batch = TokenBatch.of(List.of(ids(30, 6), ids(9, 7)), List.of(labels, ids(9, 7)));
    try (Tape t = Tape.inference(kernels())) {
      double plain = t.crossEntropySum(model.logits(t, batch), batch.shiftedLabels()).item();

      assertThat(model.lossSum(t, batch).item()).isCloseTo(plain, within(1e-9));
    }
  }

  @Test
  default void gradientsOfAdaptersEqualDifferencesAndMergingChangesNothing(@TempDir Path folder)
      throws IOException {
    PeftModel<DecoderForCausalLm> adapted =
        Peft.adapt(tiny(folder), new AdapterSpec(new LoraConfig(2, 4), TargetModules.allLinear()));
    Gradients.awayFromStart(adapted, 0.1);
    TokenBatch batch = TokenBatch.of(List.of(ids(7, 1), ids(4, 2)));

    Gradients.assertEqualDifferences(adapted, adapted.model().objective(), batch);
    assertThat(logits(adapted.merge(), batch))
        .containsExactly(logits(adapted.inference(), adapted.model(), batch), within(1e-9));
  }

  @Test
  default void checkpointingChangesNoBit(@TempDir Path folder) throws IOException {
    PeftModel<DecoderForCausalLm> adapted =
        Peft.adapt(tiny(folder), new AdapterSpec(new LoraConfig(2, 4), TargetModules.allLinear()));
    Gradients.awayFromStart(adapted, 0.1);

    assertThat(gradients(adapted, true)).isEqualTo(gradients(adapted, false));
  }

  private static List<List<Double>> gradients(
      PeftModel<DecoderForCausalLm> adapted, boolean again) {
    try (Tape t = adapted.training()) {
      t.checkpointing(again);
      t.backward(adapted.model().lossSum(t, TokenBatch.of(List.of(ids(7, 1), ids(4, 2)))), 1);
      List<List<Double>> gradients =
          adapted.trainable().values().stream()
              .map(tensor -> Arrays.stream(tensor.gradient().toDoubles()).boxed().toList())
              .toList();
      adapted.trainable().values().forEach(Tensor::clearGradient);
      return gradients;
    }
  }

  /** That of a bias of keys is zero where positions do not turn them. */
  @Test
  default void everyParameterHasAGradient(@TempDir Path folder) throws IOException {
    DecoderForCausalLm model = tiny(folder);
    Map<String, Tensor> all = new LinkedHashMap<>();
    Map<Parameter, Tensor> inPlace = new IdentityHashMap<>();
    ModuleTree.parameters(model)
        .forEach(
            (path, parameter) -> {
              Buffer copy = Buffer.allocate(parameter.type(), parameter.shape());
              copy.put(parameter.pretrained().value().toDoubles());
              Tensor trained = Tensor.parameter(copy);
              inPlace.put(parameter, trained);
              all.put(path, trained);
            });
    try (Tape t = Tape.training(kernels(), ActiveAdapters.replacing(inPlace))) {
      t.backward(model.lossSum(t, TokenBatch.of(List.of(ids(12, 8)))), 1);
      all.forEach(
          (path, tensor) -> {
            assertThat(tensor.gradient()).as(path).isNotNull();
            double size = Arrays.stream(tensor.gradient().toDoubles()).map(Math::abs).sum();
            assertThat(size).as(path).isGreaterThan(path.endsWith(".bias") ? -1 : 1e-6);
          });
    }
  }

  @Test
  default void savingWritesTheTensorsThatWereRead(@TempDir Path folder) throws IOException {
    Path stored = checkpoint(folder);
    LoadedModel loaded = Checkpoint.load(stored, DataType.FLOAT32);
    Path again = folder.resolve("again");
    Checkpoint.save(loaded.model(), loaded, again);

    try (Safetensors before = Safetensors.openModel(stored);
        Safetensors after = Safetensors.openModel(again)) {
      assertThat(after.names()).isEqualTo(before.names());
      for (String name : before.names()) {
        assertThat(after.info(name).shape()).as(name).isEqualTo(before.info(name).shape());
        assertThat(after.bytes(name)).as(name).isEqualTo(before.bytes(name));
      }
    }
  }

  @Test
  default void becomesAClassifierThatIsLoadedAgain(@TempDir Path folder) throws IOException {
    LoadedModel loaded =
        Checkpoint.loadClassifier(
            checkpoint(folder), DataType.FLOAT64, Labels.of("bad", "so so", "good"), 3);
    Path written = folder.resolve("classifier");
    Checkpoint.save(loaded.model(), loaded, written);
    LoadedModel again = Checkpoint.load(written, DataType.FLOAT64);
    TokenBatch batch = TokenBatch.of(List.of(ids(7, 1), ids(3, 2)));

    String type = again.config().text("model_type", "");
    assertThat(again.config().texts("architectures"))
        .containsExactly(family().architecture(type) + "ForSequenceClassification");
    assertThat(ModuleTree.parameters(again.model())).containsKey("score.weight");
    assertThat(scores(again.classifier(), batch))
        .containsExactly(scores(loaded.classifier(), batch), within(1e-5));
  }

  private static double[] scores(SequenceClassifier<?> model, TokenBatch batch) {
    try (Tape t = Tape.inference(kernels())) {
      return model.logits(t, batch).value().toDoubles();
    }
  }

  @Test
  default void refusesWhatItDoesNotKnow(@TempDir Path folder) throws IOException {
    DecoderForCausalLm model = tiny(folder);
    int[] tooLong = ids(model.maxPositions() + 1, 9);

    assertThatThrownBy(() -> logits(model, TokenBatch.of(List.of(tooLong))))
        .hasMessageStartingWith("a sequence of %d tokens is longer than".formatted(tooLong.length));
    assertThatThrownBy(() -> logits(model, TokenBatch.of(List.of(new int[] {1, 100_000}))))
        .hasMessageStartingWith("token id 100000 in row 1 is none of the model's");
  }
}
