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
import org.peft4j.AdaptedModel;
import org.peft4j.PeftModel;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.testkit.NativeGarbage;
import org.peft4j.testkit.Shared;
import org.peft4j.transformers.LanguageModel;
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
  void rowsOfOnePassGoThroughAdaptersOfTheirOwn() {
    List<String> names = List.of("b", PeftModel.BASE, "a", "b");

    double[][] together = lastScores(peft, names);

    for (int i = 0; i < names.size(); i++) {
      assertThat(together[i]).isEqualTo(lastScores(peft, names, i));
    }
  }

  @Test
  void withOneDnnScoresAreThoseOfATextAloneUpToRounding() throws IOException {
    PeftModel<? extends CausalLm<?>> fast = Adapted.model(directory, DataType.FLOAT32);
    List<String> names = List.of("b", PeftModel.BASE, "a", "b", PeftModel.BASE);

    double[][] together = lastScores(fast, names);

    for (int i = 0; i < names.size(); i++) {
      assertThat(together[i]).containsExactly(lastScores(fast, names, i), within(1e-5));
    }
  }

  /** Of text {@code i} alone. */
  private static double[] lastScores(
      PeftModel<? extends CausalLm<?>> peft, List<String> names, int i) {
    try (Tape t = view(peft, names.get(i)).inference();
        KeyValueCache cache = begun(peft, names, i)) {
      int[] last = {text(i)[i + 2]};
      return peft.model().head(t, peft.model().hidden(t, last, cache)).value().toDoubles();
    }
  }

  /** Of texts through these adapters, whose last tokens are read in one pass. */
  private static double[][] lastScores(PeftModel<? extends CausalLm<?>> peft, List<String> names) {
    List<KeyValueCache> caches =
        IntStream.range(0, names.size()).mapToObj(i -> begun(peft, names, i)).toList();
    try (Tape t = peft.perRow(names).inference()) {
      int[] last = IntStream.range(0, names.size()).map(i -> text(i)[i + 2]).toArray();
      Buffer all = peft.model().head(t, peft.model().hidden(t, last, caches)).value();
      return IntStream.range(0, names.size())
          .mapToObj(i -> all.rows(i, i + 1).toDoubles())
          .toArray(double[][]::new);
    } finally {
      caches.forEach(KeyValueCache::close);
    }
  }

  /** A cache that has read all of text {@code i} but its last token. */
  private static KeyValueCache begun(
      PeftModel<? extends CausalLm<?>> peft, List<String> names, int i) {
    KeyValueCache cache = peft.model().cache(peft.kernels(), i + 3);
    try (Tape t = view(peft, names.get(i)).inference()) {
      peft.model().hidden(t, Arrays.copyOf(text(i), i + 2), cache);
    }
    return cache;
  }

  private static AdaptedModel<?> view(PeftModel<?> peft, String name) {
    return name.equals(PeftModel.BASE) ? peft.base() : peft.with(name);
  }

  private static int[] text(int i) {
    return request(i + 3, 0).prompt();
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
