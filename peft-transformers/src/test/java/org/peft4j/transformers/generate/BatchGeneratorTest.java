package org.peft4j.transformers.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.peft4j.transformers.generate.Adapted.alone;
import static org.peft4j.transformers.generate.Adapted.request;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.PeftModel;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.kernel.DataType;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.testkit.NativeGarbage;
import org.peft4j.testkit.Shared;
import org.peft4j.transformers.LanguageModel;
import org.peft4j.transformers.llama.TinyLlama;
import org.peft4j.transformers.model.CausalLm;
import org.peft4j.transformers.model.KeyValueCache;

/** In float64, which the plain kernels compute: what stands beside a text changes no bit of it. */
class BatchGeneratorTest {

  private static final Sampling DRAWN = new Sampling(1.2, 0, 0.9, 7);

  @TempDir Path directory;
  private PeftModel<? extends CausalLm<?>> peft;

  @BeforeEach
  void load() throws IOException {
    peft = Adapted.model(directory, DataType.FLOAT64);
  }

  private BatchGenerator batches(int maxRows) {
    return new BatchGenerator(peft, Adapted::letters, maxRows);
  }

  @Test
  void eachTextBecomesWhatItBecomesAlone() {
    List<GenerationRequest> requests =
        List.of(
            request(9, 30),
            request(1, 12, DRAWN).through("a"),
            request(17, 3, "b"),
            request(40, 0),
            request(5, 25, DRAWN),
            request(6, 20, "a", "b"),
            request(30, 200, new Sampling(0.7, 5, 1, 3)).through("b"),
            request(96, 5),
            request(2, 1, "a"));

    for (int rows : new int[] {1, 3, 16}) {
      assertThat(batches(rows).generate(requests))
          .extracting(Generated::tokens)
          .containsExactlyElementsOf(requests.stream().map(each -> alone(peft, each)).toList());
    }
  }

  @Test
  void aSeedDrawsTheSameTokensWhateverStandsBesideIt() {
    GenerationRequest drawn = request(5, 20, DRAWN);

    List<Generated> both = batches(2).generate(List.of(drawn, drawn));

    assertThat(both.get(0)).isEqualTo(both.get(1));
    assertThat(both.get(0).tokens())
        .isNotEqualTo(alone(peft, request(5, 20, new Sampling(1.2, 0, 0.9, 8))));
  }

  @Test
  void adaptersThatCannotBeMixedAreComputedOneAfterTheOther() {
    AdapterSpec whole =
        new AdapterSpec(new LoraConfig(2, 4), TargetModules.allLinear())
            .saving("lm_head")
            .named("whole");
    Adapted.add(peft, whole);
    List<GenerationRequest> requests =
        List.of(request(9, 10, "whole"), request(4, 10, "a"), request(5, 12, "whole"));

    assertThat(batches(3).generate(requests))
        .extracting(Generated::tokens)
        .containsExactlyElementsOf(requests.stream().map(each -> alone(peft, each)).toList());
  }

  @Test
  void tellsWhyATextEnded() {
    List<Integer> all = alone(peft, request(5, 40));
    String text = Adapted.letters(all.stream().mapToInt(i -> i).toArray());
    int end = all.get(20);

    assertThat(generate(request(5, 40))).isEqualTo(new Generated(text, all, Ending.LENGTH));
    assertThat(generate(request(90, 40)).ending()).isEqualTo(Ending.LENGTH);
    assertThat(generate(ending(request(5, 40), end)))
        .isEqualTo(
            new Generated(
                text.substring(0, all.indexOf(end)),
                all.subList(0, all.indexOf(end)),
                Ending.END_TOKEN));
  }

  private Generated generate(GenerationRequest request) {
    return batches(2).generate(List.of(request(3, 50), request)).get(1);
  }

  private static GenerationRequest ending(GenerationRequest request, int end) {
    return new GenerationRequest(
        request.prompt(),
        new Generator.Request(
            request.settings().maxTokens(), request.settings().sampling(), Set.of(end)));
  }

  @Test
  void aStopWordIsNeitherToldNorPartOfTheTextAlthoughItsTokensCameUp() {
    List<Integer> all = alone(peft, request(5, 40, DRAWN));
    String text = Adapted.letters(all.stream().mapToInt(i -> i).toArray());
    String stop = text.substring(18, 21);
    int first = text.indexOf(stop);
    List<String> told = new ArrayList<>();

    Generated generated =
        batches(1).generate(request(5, 40, DRAWN).stoppingAt("ZZ", stop), told::add);

    assertThat(generated)
        .isEqualTo(
            new Generated(text.substring(0, first), all.subList(0, first + 3), Ending.STOP_WORD));
    assertThat(String.join("", told)).isEqualTo(generated.text());
  }

  @Test
  void whatMightHaveBecomeAStopWordIsToldAtTheEnd() {
    List<Integer> all = alone(peft, request(5, 10));
    String text = Adapted.letters(all.stream().mapToInt(i -> i).toArray());
    List<String> told = new ArrayList<>();

    Generated generated =
        batches(1).generate(request(5, 10).stoppingAt(text.substring(7) + "Z"), told::add);

    assertThat(generated).isEqualTo(new Generated(text, all, Ending.LENGTH));
    assertThat(told).endsWith(text.substring(7));
  }

  @Test
  void aListenerIsToldOfEachTokenAndEndsItsText() {
    List<Integer> tokens = new ArrayList<>();
    GenerationListener listener =
        new GenerationListener() {
          @Override
          public void token(int id) {
            tokens.add(id);
          }

          @Override
          public boolean text(String piece) {
            return tokens.size() < 4;
          }
        };

    Generated generated = batches(1).generate(request(5, 40), listener);

    assertThat(generated.tokens()).isEqualTo(alone(peft, request(5, 40)).subList(0, 4));
    assertThat(generated.tokens()).isEqualTo(tokens);
    assertThat(generated.text()).hasSize(4);
    assertThat(generated.ending()).isEqualTo(Ending.CANCELLED);
  }

  @Test
  void throwsWhatAListenerThrows() {
    IllegalStateException broken = new IllegalStateException("no reader");

    assertThatThrownBy(
            () ->
                batches(1)
                    .generate(
                        request(5, 40),
                        piece -> {
                          throw broken;
                        }))
        .isSameAs(broken);
  }

  @Test
  void refusesWhatCannotBeComputed() {
    assertThatThrownBy(() -> request(0, 5))
        .hasMessage(
            "a prompt has at least one token; ModelTexts.prompt puts the one before it that begins"
                + " texts, if the model has one");
    assertThatThrownBy(() -> request(1, 5).stoppingAt("a", ""))
        .hasMessage("a stop word has at least one character");
    assertThatThrownBy(() -> generate(request(97, 5)))
        .hasMessage(
            "the prompt has 97 tokens but the model takes at most 96; leave out its beginning");
    assertThatThrownBy(() -> generate(request(5, 5, "c")))
        .hasMessage("there is no adapter c; there are [a, b]");
    assertThatThrownBy(() -> batches(0)).hasMessage("maxRows must be at least 1 but was 0");
  }

  @Test
  void holdsNoMemoryAfterwards() throws InterruptedException {
    List<GenerationRequest> requests =
        List.of(request(5, 40), request(9, 30, "a"), request(3, 3, "b"));
    batches(2).generate(requests);
    NativeGarbage.free();
    long before = Pointer.totalBytes();

    batches(2).generate(requests);

    assertThat(Pointer.totalBytes()).isLessThanOrEqualTo(before);
  }

  @Test
  void withOneDnnScoresAreThoseOfATextAloneUpToRounding() throws IOException {
    PeftModel<? extends CausalLm<?>> fast = Adapted.model(directory, DataType.FLOAT32);
    int[][] texts = new int[5][];
    Arrays.setAll(texts, i -> request(i + 2, 0).prompt());

    double[][] together = lastScores(fast, texts);

    for (int i = 0; i < texts.length; i++) {
      assertThat(together[i]).containsExactly(lastScores(fast, texts[i])[0], within(1e-5));
    }
  }

  /** The scores after texts of which the last tokens are read in one pass. */
  private static double[][] lastScores(PeftModel<? extends CausalLm<?>> peft, int[]... texts) {
    CausalLm<?> model = peft.model();
    List<KeyValueCache> caches = new ArrayList<>();
    try (Tape t = peft.with("a").inference()) {
      for (int[] text : texts) {
        caches.add(model.cache(peft.kernels(), text.length));
        model.hidden(t, Arrays.copyOf(text, text.length - 1), caches.get(caches.size() - 1));
        t.reset();
      }
      int[] last = Arrays.stream(texts).mapToInt(text -> text[text.length - 1]).toArray();
      double[] all = model.head(t, model.hidden(t, last, caches)).value().toDoubles();
      int columns = TinyLlama.VOCABULARY;
      return IntStream.range(0, texts.length)
          .mapToObj(i -> Arrays.copyOfRange(all, i * columns, (i + 1) * columns))
          .toArray(double[][]::new);
    } finally {
      caches.forEach(KeyValueCache::close);
    }
  }

  @Test
  void withOneDnnARealModelTellsTheSameStories() throws IOException {
    try (LanguageModel stories = LanguageModel.load(Shared.require("data/stories260K-hf"))) {
      List<GenerationRequest> requests = new ArrayList<>();
      for (String prompt :
          List.of(
              "Once upon a time", "Lily", "The dog was very", "One day, a boy named Tim", "A")) {
        requests.add(
            new GenerationRequest(
                stories.texts().prompt(prompt),
                new Generator.Request(
                    60 + prompt.length(), Sampling.greedy(), stories.texts().special().ends())));
      }

      List<Generated> together =
          new BatchGenerator(stories.peft(), stories.texts(), 3).generate(requests);

      for (int i = 0; i < requests.size(); i++) {
        assertThat(together.get(i).tokens()).isEqualTo(alone(stories.peft(), requests.get(i)));
        assertThat(together.get(i).text())
            .isEqualTo(
                stories
                    .texts()
                    .continuation(
                        requests.get(i).prompt(),
                        together.get(i).tokens().stream().mapToInt(id -> id).toArray()));
      }
    }
  }
}
