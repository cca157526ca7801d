package org.peft4j.transformers.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.io.Safetensors;
import org.peft4j.io.TensorInfo;
import org.peft4j.kernel.DataType;
import org.peft4j.nn.Weights;
import org.peft4j.transformers.model.Labels;
import org.peft4j.transformers.model.PretrainedModel;
import org.peft4j.transformers.model.SequenceClassifier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads and writes Hugging Face model directories. */
public final class Checkpoint {

  private static final Logger LOG = LoggerFactory.getLogger(Checkpoint.class);

  /** What old or quantised checkpoints store although it is known or not needed. */
  private static final Pattern HARMLESS =
      Pattern.compile(
          ".*(\\.rotary_emb\\.[a-z_]+|\\.(input|k|v)_scale|\\.weight_format|_scale_ub)");

  /** What any vocabulary stays below. */
  private static final int MOST_LABELS = 10_000_000;

  private static final Pattern LAYER = Pattern.compile("[A-Za-z_]+\\.\\d+\\.");

  private static final List<DataType> WIDTHS =
      List.of(DataType.FLOAT64, DataType.FLOAT32, DataType.FLOAT16, DataType.BFLOAT16);

  private Checkpoint() {}

  /**
   * The model in {@code directory}: {@code config.json} and its safetensors, whole or in shards. It
   * is a {@link SequenceClassifier} where the config's architectures name one.
   *
   * @param type what to compute in
   * @throws AdapterFormatException if files or tensors are missing or wrong; the message names all
   *     of them
   */
  public static LoadedModel load(Path directory, DataType type) throws IOException {
    return load(
        directory,
        type,
        (config, weights) ->
            isClassifier(config)
                ? classifiers(config).build(config, labels(config, weights), weights)
                : Families.of(config).build(config, weights));
  }

  /**
   * A classifier on the model in {@code directory}. Where that is none yet, its output layer is
   * new, with numbers from a normal distribution whose standard deviation is the config's {@code
   * initializer_range} (0.02 if it gives none): as {@code
   * AutoModelForSequenceClassification.from_pretrained}.
   *
   * @param type what to compute in
   * @param labels what it is to tell apart; as many as it does already, if it is a classifier
   * @param seed of the new output layer
   * @throws AdapterFormatException if files or tensors are missing or wrong; the message names all
   *     of them
   */
  public static LoadedModel loadClassifier(Path directory, DataType type, Labels labels, long seed)
      throws IOException {
    return load(
        directory,
        type,
        (config, weights) -> {
          ClassifierFamily classifiers = classifiers(config);
          double deviation = config.positiveNumber("initializer_range", 0.02);
          Weights all = new DrawnWeights(weights, classifiers.newModules(), type, deviation, seed);
          return classifiers.build(config, labels, all);
        });
  }

  /** Makes a model around weights. */
  @FunctionalInterface
  private interface Builder {
    PretrainedModel<?> build(ModelConfig config, CheckpointWeights weights)
        throws AdapterFormatException;
  }

  private static LoadedModel load(Path directory, DataType type, Builder builder)
      throws IOException {
    if (!type.isComputable()) {
      throw new IllegalArgumentException(
          "a model computes in F32, F64 or BF16 but not in " + type.fileName());
    }
    ModelConfig config = ModelConfig.read(directory);
    Quantization.check(config);
    QuantizedTensor.Block block = Quantization.block(config);
    config.requireNoProblems();
    try (Safetensors file = Safetensors.openModel(directory)) {
      KeyMap keys = Families.of(config).keys(config);
      CheckpointWeights weights = new CheckpointWeights(directory, file, type, keys, block);
      try {
        PretrainedModel<?> model = builder.build(config, weights);
        Set<String> unused = weights.unused();
        Set<String> layers = layers(file.names(), unused);
        unused.removeIf(name -> HARMLESS.matcher(name).matches() || keys.isMeaningless(name));
        requireComplete(directory, weights, foreign(layers, unused));
        report(directory, unused);
        return new LoadedModel(directory, config, model, storedType(file));
      } catch (IOException | RuntimeException e) {
        weights.close();
        throw e;
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /**
   * Writes {@code model} as a plain Hugging Face directory, in the type that {@code origin} was
   * stored in. See {@link #save(PretrainedModel, LoadedModel, Path, DataType)}.
   */
  public static void save(PretrainedModel<?> model, LoadedModel origin, Path directory)
      throws IOException {
    save(model, origin, directory, origin.storedType());
  }

  /**
   * Writes {@code model} as a plain Hugging Face directory: its tensors, those that are shared
   * once; the config of {@code origin} with everything it had; and the tokenizer's files.
   *
   * @param model what to write; adapters in it are not, so merge before
   * @param origin what it was made from
   * @param directory is made if it is not there; must be empty
   * @param type that the tensors are rounded to
   * @throws IllegalArgumentException if the directory holds anything or a number becomes infinite
   *     as {@code type}; nothing has been written then
   */
  public static void save(
      PretrainedModel<?> model, LoadedModel origin, Path directory, DataType type)
      throws IOException {
    new CheckpointWriter(origin, directory).write(model, type);
  }

  /** A config may claim any number; names for labels are made for what the file has. */
  private static Labels labels(ModelConfig config, CheckpointWeights weights)
      throws AdapterFormatException {
    if (config.has("id2label")) {
      return StoredLabels.read(config);
    }
    int wanted = config.positive("num_labels", 2);
    for (String module : classifiers(config).newModules()) {
      int stored = weights.rows(module + ".weight").orElse(wanted);
      if (wanted > 1 && wanted != stored || wanted > MOST_LABELS) {
        config.problem(
            "num_labels", "is %d but %s.weight has %d rows".formatted(wanted, module, stored));
      }
    }
    config.requireNoProblems();
    return StoredLabels.read(config);
  }

  static boolean isClassifier(ModelConfig config) {
    return config.texts("architectures").stream()
        .anyMatch(name -> name.endsWith("ForSequenceClassification"));
  }

  private static ClassifierFamily classifiers(ModelConfig config) throws AdapterFormatException {
    Optional<ClassifierFamily> classifiers = Families.of(config).classifiers();
    if (classifiers.isEmpty()) {
      config.problem(
          "model_type", "is " + config.text("model_type", "") + ", which makes no classifier here");
      config.requireNoProblems();
    }
    return classifiers.orElseThrow();
  }

  private static void requireComplete(
      Path directory, CheckpointWeights weights, List<String> foreign)
      throws AdapterFormatException {
    if (!weights.problems().isEmpty()) {
      throw new AdapterFormatException(directory, weights.problems());
    }
    if (!foreign.isEmpty()) {
      throw new AdapterFormatException(
          directory,
          foreign.stream()
              .map(
                  name ->
                      "tensor %s is part of a layer but no such model has it; config.json describes"
                              .formatted(name)
                          + " another model")
              .toList());
    }
  }

  /** What lies in a layer and is not used means that the layer computes something else. */
  private static List<String> foreign(Set<String> layers, Set<String> unused) {
    return unused.stream()
        .filter(name -> layer(name).filter(layers::contains).isPresent())
        .toList();
  }

  /** The layers of which something was read. */
  private static Set<String> layers(Set<String> names, Set<String> unused) {
    return names.stream()
        .filter(name -> !unused.contains(name))
        .flatMap(name -> layer(name).stream())
        .collect(Collectors.toSet());
  }

  private static Optional<String> layer(String name) {
    Matcher layer = LAYER.matcher(name);
    return layer.find() ? Optional.of(layer.group()) : Optional.empty();
  }

  private static void report(Path directory, Set<String> unused) {
    if (!unused.isEmpty()) {
      LOG.debug("{} holds tensors that the model does not use: {}", directory, unused);
    }
  }

  /** The narrowest type that holds every matrix as it is. */
  private static DataType storedType(Safetensors file) {
    Set<DataType> types =
        file.names().stream()
            .filter(name -> name.endsWith(".weight"))
            .map(file::info)
            .filter(info -> info.shape().rank() > 1)
            .map(TensorInfo::type)
            .filter(WIDTHS::contains)
            .collect(Collectors.toSet());
    if (types.equals(Set.of(DataType.FLOAT16, DataType.BFLOAT16))) {
      return DataType.FLOAT32;
    }
    return types.stream().min(Comparator.comparingInt(WIDTHS::indexOf)).orElse(DataType.FLOAT32);
  }
}
