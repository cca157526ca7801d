package org.peft4j.benchmarks.leaderboard;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.KernelSets;
import org.peft4j.transformers.checkpoint.Checkpoint;
import org.peft4j.transformers.data.Batches;
import org.peft4j.transformers.data.Example;
import org.peft4j.transformers.data.ExampleReader;
import org.peft4j.transformers.data.ExampleSettings;
import org.peft4j.transformers.data.Order;
import org.peft4j.transformers.generate.Generator;
import org.peft4j.transformers.generate.Sampling;
import org.peft4j.transformers.model.CausalLm;
import org.peft4j.transformers.model.TokenBatch;
import org.peft4j.transformers.text.ModelTexts;

/**
 * The task that all contestants get: text to learn, held-out text of the same kind, text such as
 * the base knows, and stories that the base wrote itself.
 *
 * @param model the pretrained model's folder
 * @param training blocks of the first part of the text
 * @param held blocks of its end
 * @param stories text that the base was trained on
 * @param written by the base
 * @param batchSize blocks in a batch
 */
record Course(
    Path model,
    List<Example> training,
    List<Example> held,
    List<Example> stories,
    List<Example> written,
    int batchSize) {

  private static final int HELD_BLOCKS = 32;
  private static final int WRITTEN = 64;
  private static final double TEMPERATURE = 0.9;

  static Course read(Path model, Path text, Path stories, int length, int batchSize)
      throws IOException {
    CausalLm<?> base = Checkpoint.load(model, DataType.FLOAT32).causalLm();
    try (ModelTexts texts = new ModelTexts(model)) {
      ExampleSettings settings = ExampleSettings.of(texts, length, base.vocabulary());
      ExampleReader reader = new ExampleReader(texts, settings);
      List<Example> blocks = reader.read(text).list();
      int held = Math.min(HELD_BLOCKS, blocks.size() / 2);
      int first = blocks.size() - held;
      return new Course(
          model,
          blocks.subList(0, first),
          blocks.subList(first, blocks.size()),
          reader.read(stories).list(),
          written(base, settings, length),
          batchSize);
    }
  }

  /** Sampled from the base, each from a seed of its own. */
  private static List<Example> written(CausalLm<?> base, ExampleSettings settings, int length) {
    Generator generator = new Generator(base, KernelSets.forType(DataType.FLOAT32));
    int begin = settings.bounds().bos().orElse(1);
    List<Example> written = new ArrayList<>();
    for (int seed = 0; seed < WRITTEN; seed++) {
      Sampling sampling = new Sampling(TEMPERATURE, 0, 1, seed);
      int[] text =
          generator.generate(
              new int[] {begin}, new Generator.Request(length - 1, sampling, Set.of()));
      int[] ids = IntStream.concat(IntStream.of(begin), IntStream.of(text)).toArray();
      written.add(Example.of(ids));
    }
    return written;
  }

  Batches shuffled(long seed) {
    return new Batches(training, batchSize, Order.shuffled(seed));
  }

  /** What a start may look at. */
  Iterable<TokenBatch> lookedAt(Contestant.LooksAt what, long seed) {
    Batches batches =
        what == Contestant.LooksAt.TASK
            ? shuffled(seed)
            : new Batches(written, batchSize, Order.asListed());
    return () -> batches.epochs(1);
  }

  Iterable<TokenBatch> heldOut() {
    return () -> new Batches(held, batchSize, Order.asListed()).epochs(1);
  }

  Iterable<TokenBatch> known() {
    return () -> new Batches(stories, batchSize, Order.asListed()).epochs(1);
  }

  /** The base, loaded anew. */
  CausalLm<?> base() throws IOException {
    return Checkpoint.load(model, DataType.FLOAT32).causalLm();
  }
}
