package org.peft4j.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.peft4j.adapter.BaseEffect;
import org.peft4j.initializer.FromWeight;
import org.peft4j.initializer.Initializer;
import org.peft4j.initializer.Initializers;
import org.peft4j.initializer.Offset;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.io.Excerpt;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.Buffer;
import org.peft4j.spec.AdapterInfo;
import org.peft4j.spec.AdapterSpec;

/**
 * Where low-rank factors started, beside the two files that Hugging Face PEFT writes: without it
 * the base that the adapter was trained on could only be guessed. Its tensors have the names of the
 * trained ones; its metadata hold every layer's scale.
 */
final class StartFile {

  static final String NAME = "adapter_start.safetensors";
  static final String A = ".lora_A.weight";
  static final String B = ".lora_B.weight";
  private static final String SEED = "seed";
  static final String SCALING = ".scaling";

  private static final String DIGEST = "peft4j.start";

  private StartFile() {}

  /**
   * Writes the starts; where there are none, what another adapter left in the folder goes away.
   *
   * @param metadataOfTensors is told which file the tensors beside it belong to
   */
  static void write(
      Path folder,
      AdapterSpec spec,
      Map<String, Offset> offsets,
      Map<String, String> metadataOfTensors)
      throws IOException {
    Path file = folder.resolve(NAME);
    if (offsets.isEmpty()) {
      Files.deleteIfExists(file);
      return;
    }
    Map<String, Buffer> tensors = new LinkedHashMap<>();
    Map<String, String> metadata = new TreeMap<>();
    metadata.put("format", "pt");
    metadata.put(SEED, Long.toString(spec.seed()));
    name(spec).ifPresent(name -> metadata.put(AdapterInfo.START, name));
    offsets.forEach(
        (path, offset) -> {
          String layer = AdapterStore.PREFIX + path;
          tensors.put(layer + A, offset.start().a().value());
          tensors.put(layer + B, offset.start().b().value());
          metadata.put(layer + SCALING, Double.toString(offset.scaling()));
        });
    Safetensors.write(file, tensors, metadata);
    metadataOfTensors.put(DIGEST, Digest.of(file));
  }

  /**
   * A start that is missing is found again where that gives the same, or else asked for by {@link
   * #read}.
   *
   * @throws AdapterFormatException if the start in {@code folder} is not the one that {@code
   *     tensors} were saved with
   */
  static void requireOf(Path folder, TensorSource tensors) throws IOException {
    Path file = folder.resolve(NAME);
    String digest = tensors.metadata().get(DIGEST);
    if (!Files.exists(file)) {
      return;
    }
    boolean other =
        digest == null ? SavedSettings.areIn(tensors.metadata()) : !digest.equals(Digest.of(file));
    if (other) {
      throw new AdapterFormatException(
          file,
          "is not the start that the tensors beside it were saved with: a save over another adapter"
              + " was broken off, or one of the files was replaced; save or copy all of them anew");
    }
  }

  /**
   * @throws AdapterFormatException if {@code spec} names a start that is not known here: it may
   *     have moved the base, and numbers would be wrong without a word
   */
  static void requireKnown(Path file, AdapterSpec spec) throws AdapterFormatException {
    Optional<String> named = name(spec);
    if (named.isEmpty()) {
      return;
    }
    String name = named.get();
    Optional<BaseEffect> effect = spec.config().effectOnBase(name);
    if (effect.filter(BaseEffect.QUANTISED::equals).isPresent()) {
      throw new AdapterFormatException(
          file,
          "init_lora_weights is \""
              + Excerpt.of(name)
              + "\": the adapter belongs to a base that it has quantised, and on the pretrained weights"
              + " its numbers are wrong; merge it in Hugging Face PEFT (merge_and_unload) and give"
              + " the merged model, or, where the model given here is that quantised base in full"
              + " numbers, set init_lora_weights to true");
    }
    boolean known =
        effect.isPresent()
            || Initializers.find(name).isPresent()
            || Files.exists(file.resolveSibling(NAME));
    if (!known) {
      throw new AdapterFormatException(
          file,
          "init_lora_weights is "
              + Excerpt.of(name)
              + ", which is not known here: if that start changes the base, the adapter's numbers"
              + " are wrong on it; set it to true if it does not");
    }
  }

  /** {@code spec} with the seed that the start in {@code folder}, if any, was drawn from. */
  static AdapterSpec seeded(Path folder, AdapterSpec spec) throws IOException {
    Path file = folder.resolve(NAME);
    if (!Files.exists(file)) {
      return spec;
    }
    try (Safetensors start = Safetensors.open(file)) {
      String seed = start.metadata().getOrDefault(SEED, Long.toString(spec.seed()));
      return spec.seeded(Long.parseLong(seed));
    } catch (NumberFormatException e) {
      throw new AdapterFormatException(file, "the seed is no whole number: " + e.getMessage());
    }
  }

  /** How the factors started; empty where at {@code B·A = 0}, which needs no knowing. */
  static Optional<Initializer> read(Path folder, AdapterSpec spec) throws IOException {
    Path file = folder.resolve(NAME);
    Optional<String> name = name(spec);
    if (Files.exists(file)) {
      return Optional.of(stored(file, name.orElse("plain")));
    }
    Optional<Initializer> known = name.flatMap(Initializers::find);
    if (known.isPresent() ? known.get().startsAtZero() : !movesTheBase(spec, name)) {
      return Optional.empty();
    }
    if (known.isPresent() && known.get() instanceof FromWeight start && start.isRepeatable()) {
      return known;
    }
    throw new AdapterFormatException(folder, unknownStart(name.orElseThrow(), known.isPresent()));
  }

  private static boolean movesTheBase(AdapterSpec spec, Optional<String> name) {
    return name.flatMap(spec.config()::effectOnBase).filter(BaseEffect.MOVED::equals).isPresent();
  }

  private static String unknownStart(String name, boolean known) {
    return "the adapter started by "
        + name
        + " but there is no "
        + NAME
        + " to say where, and "
        + (known
            ? "that start is not repeatable"
            : "no initializer of that name is on the class path")
        + "; in Hugging Face PEFT save it as plain LoRA, with save_pretrained(...,"
        + " path_initial_model_for_weight_conversion=...)";
  }

  private static StoredStart stored(Path file, String name) throws IOException {
    try (Safetensors tensors = Safetensors.open(file)) {
      String of = tensors.metadata().getOrDefault(AdapterInfo.START, name);
      if (!of.equals(name)) {
        throw new AdapterFormatException(
            file,
            "holds a start by "
                + of
                + " but adapter_config.json says "
                + name
                + "; they belong to different adapters");
      }
      return StoredStart.read(name, file, tensors);
    }
  }

  private static Optional<String> name(AdapterSpec spec) {
    return spec.initializer()
        .map(Initializer::fileName)
        .or(() -> text(spec.info().others().get(AdapterInfo.START)));
  }

  private static Optional<String> text(@Nullable Object value) {
    return value instanceof String text ? Optional.of(text) : Optional.empty();
  }
}
