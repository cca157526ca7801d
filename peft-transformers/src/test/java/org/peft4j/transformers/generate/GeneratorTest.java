package org.peft4j.transformers.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.onednn.OneDnnKernels;
import org.peft4j.tensor.Tape;
import org.peft4j.testkit.Shared;
import org.peft4j.transformers.Argmax;
import org.peft4j.transformers.checkpoint.Checkpoint;
import org.peft4j.transformers.llama.TinyLlama;
import org.peft4j.transformers.model.CausalLm;
import org.peft4j.transformers.model.KeyValueCache;
import org.peft4j.transformers.model.TokenBatch;
import org.peft4j.transformers.text.Tokenizer;

class GeneratorTest {

  private static final int[] PROMPT = {3, 1, 4, 1, 5};

  @TempDir Path directory;
  private final Kernels kernels = new OneDnnKernels();
  private CausalLm<?> model;

  @BeforeEach
  void load() throws IOException {
    model = Checkpoint.load(new TinyLlama().writeTo(directory), DataType.FLOAT32).causalLm();
  }

  @Test
  void readingStepByStepGivesTheScoresOfReadingAtOnce() {
    int[] ids = new java.util.Random(2).ints(90, 0, TinyLlama.VOCABULARY).toArray();
    try (Tape t = Tape.inference(kernels);
        KeyValueCache cache = model.cache(kernels, 96)) {
      double[] atOnce = model.logits(t, TokenBatch.of(List.of(ids))).value().toDoubles();
      for (int[] part : parts(ids, 5, 1, 1, 7, 1, 60, 1, 14)) {
        double[] scores = model.head(t, model.hidden(t, part, cache)).value().toDoubles();
        int end = cache.length() * TinyLlama.VOCABULARY;
        assertThat(scores)
            .containsExactly(Arrays.copyOfRange(atOnce, end - scores.length, end), within(2e-5));
        t.reset();
      }
    }
  }

  @Test
  void agreesWithReadingTheWholeTextForEveryToken() {
    int[] continuation = generate(Sampling.greedy(), 70);

    assertThat(continuation).containsExactly(withoutCache(model, PROMPT, 70));
  }

  @Test
  void tellsStoriesAsWithoutACache() throws IOException {
    Path stories = Shared.require("data/stories260K-hf");
    CausalLm<?> storyteller = Checkpoint.load(stories, DataType.FLOAT32).causalLm();
    try (Tokenizer tokenizer = Tokenizer.load(stories)) {
      int[] prompt = tokenizer.encodeWithSpecialTokens("Once upon a time, there was a little");

      int[] story =
          new Generator(storyteller, kernels)
              .generate(prompt, new Generator.Request(40, Sampling.greedy(), Set.of()));

      assertThat(story).containsExactly(withoutCache(storyteller, prompt, 40));
      assertThat(tokenizer.decode(story))
          .startsWith("girl named Lily. She loved to play outside in the park.");
    }
  }

  @Test
  void continuesATextAsText() throws IOException {
    Path stories = Shared.require("data/stories260K-hf");
    CausalLm<?> storyteller = Checkpoint.load(stories, DataType.FLOAT32).causalLm();
    try (Tokenizer tokenizer = Tokenizer.load(stories)) {
      String story =
          new Generator(storyteller, kernels)
              .generate(tokenizer, "Once upon a time, there was a little", 40, Sampling.greedy());

      assertThat(story).startsWith(" girl named Lily. She loved to play outside in the park.");
    }
  }

  @Test
  void stopsBeforeATokenThatEndsTheText() {
    int[] all = generate(Sampling.greedy(), 80);
    int end = all[all.length / 2];
    int first = Arrays.stream(all).boxed().toList().indexOf(end);

    int[] cut =
        new Generator(model, kernels)
            .generate(PROMPT, new Generator.Request(80, Sampling.greedy(), Set.of(end)));

    assertThat(cut).containsExactly(Arrays.copyOf(all, first));
  }

  @Test
  void stopsWhereTheModelTakesNoLongerText() {
    assertThat(generate(Sampling.greedy(), Integer.MAX_VALUE)).hasSize(96 - PROMPT.length);
  }

  @Test
  void tellsEachTokenAsItComes() {
    List<Integer> told = new ArrayList<>();

    int[] tokens =
        new Generator(model, kernels)
            .generate(PROMPT, new Generator.Request(9, Sampling.greedy(), Set.of()), told::add);

    assertThat(told).containsExactlyElementsOf(Arrays.stream(tokens).boxed().toList());
  }

  @Test
  void whatIsDrawnDependsOnTheSeedAlone() {
    Sampling one = new Sampling(1, 0, 1, 1);

    assertThat(generate(one, 40)).containsExactly(generate(one, 40));
    assertThat(generate(new Sampling(1, 0, 1, 2), 40)).isNotEqualTo(generate(one, 40));
  }

  @Test
  void drawingFromOneCandidateIsTakingTheLikeliest() {
    int[] greedy = generate(Sampling.greedy(), 40);

    assertThat(generate(new Sampling(2, 1, 1, 1), 40)).containsExactly(greedy);
    assertThat(generate(new Sampling(2, 0, 1e-9, 1), 40)).containsExactly(greedy);
  }

  @Test
  void memoryStopsGrowingOnceTheTextDoes() {
    long before = org.peft4j.kernel.HostMemory.allocations();
    generate(Sampling.greedy(), 20);
    long few = org.peft4j.kernel.HostMemory.allocations() - before;
    generate(Sampling.greedy(), 55);
    long more = org.peft4j.kernel.HostMemory.allocations() - before - few;

    assertThat(more).isLessThanOrEqualTo(few);
  }

  @Test
  void refusesAPromptThatIsEmptyOrTooLong() {
    Generator generator = new Generator(model, kernels);
    Generator.Request request = new Generator.Request(5, Sampling.greedy(), Set.of());

    assertThatThrownBy(() -> generator.generate(new int[0], request))
        .hasMessage("a prompt has at least one token");
    assertThatThrownBy(() -> generator.generate(new int[97], request))
        .hasMessage("the prompt has 97 tokens but the model takes at most 96");
  }

  @Test
  void refusesSettingsThatMeanNothing() {
    assertThatThrownBy(() -> new Sampling(-1, 0, 1, 0))
        .hasMessage("temperature must be at least 0 but was -1.0");
    assertThatThrownBy(() -> new Sampling(1, -1, 1, 0))
        .hasMessage("topK must be at least 0 but was -1");
    assertThatThrownBy(() -> new Sampling(1, 0, 0, 0))
        .hasMessage("topP must be above 0 and at most 1 but was 0.0");
    assertThatThrownBy(() -> new Generator.Request(-1, Sampling.greedy(), Set.of()))
        .hasMessage("maxTokens must be at least 0 but was -1");
  }

  private int[] generate(Sampling sampling, int tokens) {
    return new Generator(model, kernels)
        .generate(PROMPT, new Generator.Request(tokens, sampling, Set.of()));
  }

  private int[] withoutCache(CausalLm<?> model, int[] prompt, int tokens) {
    int[] ids = prompt;
    try (Tape t = Tape.inference(kernels)) {
      for (int i = 0; i < tokens; i++) {
        double[] logits = model.logits(t, TokenBatch.of(List.of(ids))).value().toDoubles();
        int[] likeliest = Argmax.ofRows(logits, model.vocabulary());
        ids = Arrays.copyOf(ids, ids.length + 1);
        ids[ids.length - 1] = likeliest[likeliest.length - 1];
        t.reset();
      }
    }
    return Arrays.copyOfRange(ids, prompt.length, ids.length);
  }

  private static List<int[]> parts(int[] ids, int... sizes) {
    List<int[]> parts = new ArrayList<>();
    int from = 0;
    for (int size : sizes) {
      parts.add(Arrays.copyOfRange(ids, from, from += size));
    }
    return parts;
  }
}
