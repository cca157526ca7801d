package org.peft4j.cli.tiny;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.LongStream;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapters.FullConfig;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.nn.ModuleTree;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.train.AdamWSettings;
import org.peft4j.train.Evaluation;
import org.peft4j.train.LearningRate;
import org.peft4j.train.Schedule;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;
import org.peft4j.train.TrainingListener;
import org.peft4j.transformers.checkpoint.ModelConfig;
import org.peft4j.transformers.decoder.DecoderForCausalLm;
import org.peft4j.transformers.llama.LlamaConfig;
import org.peft4j.transformers.llama.LlamaModel;
import org.peft4j.transformers.model.TokenBatch;
import org.peft4j.transformers.text.Tokenizer;

/**
 * Makes the tiny model that comes with the library, from nothing: its tokenizer, its parameters and
 * its files. It learns children's stories only, so that ship's logs are left to fine-tuning.
 *
 * <p>One seed makes one model, bit for bit, on one kind of processor with one number of threads.
 */
public final class PretrainTinyModel {

  /** Makes the model that comes with the library. */
  public static final long SEED = 1;

  /** Makes the model that comes with the library. */
  public static final int STEPS = 2000;

  private static final int VOCABULARY = 768;
  private static final int TOKENIZER_STORIES = 2000;
  private static final double LEARNING_RATE = 3e-3;
  private static final int WARMUP = 100;
  private static final AdamWSettings ADAMW = new AdamWSettings(0.9, 0.98, 1e-8, 0.05);

  private static final String CONFIG =
      """
      {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": %d,
        "hidden_size": 96,
        "intermediate_size": 256,
        "num_hidden_layers": 4,
        "num_attention_heads": 6,
        "num_key_value_heads": 3,
        "head_dim": 16,
        "hidden_act": "silu",
        "max_position_embeddings": 512,
        "rms_norm_eps": 1e-05,
        "rope_theta": 10000.0,
        "initializer_range": 0.02,
        "attention_bias": false,
        "mlp_bias": false,
        "tie_word_embeddings": true,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "torch_dtype": "float16"
      }
      """;

  private static final String GENERATION_CONFIG =
      """
      {"bos_token_id": 1, "eos_token_id": 2}
      """;

  private final Path directory;
  private final long seed;
  private final int steps;

  /**
   * @param directory where the model is written
   * @param seed of the first weights and of the stories
   * @param steps optimizer steps
   */
  public PretrainTinyModel(Path directory, long seed, int steps) {
    this.directory = directory;
    this.seed = seed;
    this.steps = steps;
  }

  /**
   * Makes the model and writes it.
   *
   * @return how well the written model predicts stories it has not seen
   */
  public Evaluation run(TrainingListener... listeners) throws IOException {
    Files.createDirectories(directory);
    BpeTokenizer vocabulary = BpeTrainer.train(stories(), VOCABULARY);
    vocabulary.save(directory);
    Files.writeString(directory.resolve("config.json"), CONFIG.formatted(vocabulary.size()));
    Files.writeString(directory.resolve("generation_config.json"), GENERATION_CONFIG);
    save(trained(listeners));
    return TinyModel.storyLoss(directory);
  }

  /** All parameters train, not only those of an adapter. */
  private DecoderForCausalLm trained(TrainingListener... listeners) throws IOException {
    LlamaConfig config = LlamaConfig.read(ModelConfig.read(directory));
    PeftModel<DecoderForCausalLm> model =
        Peft.adapt(
            LlamaModel.causalLm(config, new FreshWeights(seed)),
            new AdapterSpec(new FullConfig(), TargetModules.allLinear()));
    try (Tokenizer tokenizer = Tokenizer.load(directory);
        Trainer<TokenBatch> trainer = new Trainer<>(model, model.model().objective(), training())) {
      trainer.fit(new StoryBatches(tokenizer).fresh(firstStory()), listeners);
    }
    return model.merge();
  }

  private TrainingConfig training() {
    LearningRate rate =
        new LearningRate(LEARNING_RATE, Schedule.COSINE, Math.min(WARMUP, steps / 2));
    return new TrainingConfig(steps, rate, ADAMW, 1, 1, seed);
  }

  private Iterable<String> stories() {
    return LongStream.range(0, TOKENIZER_STORIES)
        .mapToObj(i -> StoryGrammar.story(firstStory() + i))
        .toList();
  }

  /** Far enough from those of another seed; never negative, as those are held out. */
  private long firstStory() {
    return seed << 32 & Long.MAX_VALUE;
  }

  private void save(DecoderForCausalLm model) throws IOException {
    Map<String, Buffer> tensors = new LinkedHashMap<>();
    ModuleTree.parameters(model)
        .forEach((path, parameter) -> tensors.put(path, parameter.pretrained().value()));
    Safetensors.write(
        directory.resolve("model.safetensors"), tensors, Map.of("format", "pt"), DataType.FLOAT16);
  }
}
