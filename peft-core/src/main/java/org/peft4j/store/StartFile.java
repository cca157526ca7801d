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
final class StartFile implements AutoCloseable {

  static final String NAME = "adapter_start.safetensors";
  static final String A = ".lora_A.weight";
  static final String B = ".lora_B.weight";
  private static final String SEED = "seed";
  static final String SCALING = ".scaling";

  private static final String DIGEST = "peft4j.start";

  private final Path file;
  private final Safetensors tensors;

  private StartFile(Path file, Safetensors tensors) {
    this.file = file;
    this.tensors = tensors;
  }

  /** The one in {@code folder}, if there is one. */
  static Optional<StartFile> open(Path folder) throws IOException {
    Path file = folder.resolve(NAME);
    return Files.exists(file)
        ? Optional.of(new StartFile(file, Safetensors.open(file)))
        : Optional.empty();
  }

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
    try (Safetensors written = Safetensors.open(file)) {
      metadataOfTensors.put(DIGEST, written.sha256());
    }
  }

  /**
   * A start that is missing is found again where that gives the same, or else asked for by {@link
   * #of}.
   *
   * @throws AdapterFormatException if this is not the start that {@code adapter} was saved with
   */
  void requireOf(TensorSource adapter) throws IOException {
    String digest = adapter.metadata().get(DIGEST);
    boolean other =
        digest == null ? SavedSettings.areIn(adapter.metadata()) : !digest.equals(tensors.sha256());
    if (other) {
      throw new AdapterFormatException(
          file,
          "is not the start that the tensors beside it were saved with: a save over another adapter"
              + " was broken off, or one of the files was replaced; save or copy all of them anew");
    }
  }

  /**
   * @throws AdapterFormatException if {@code spec} names an initializer that is not known here: it
   *     may have moved the base, and outputs would be wrong without a word
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

  /** {@code spec} with the seed that this start was drawn from. */
  AdapterSpec seeded(AdapterSpec spec) throws IOException {
    try {
      String seed = tensors.metadata().getOrDefault(SEED, Long.toString(spec.seed()));
      return spec.seeded(Long.parseLong(seed));
    } catch (NumberFormatException e) {
      throw new AdapterFormatException(file, "the seed is no whole number: " + e.getMessage());
    }
  }

  /**
   * How the factors started; empty where at {@code B·A = 0}, which needs no knowing.
   *
   * @param folder to name in messages
   * @param opened the file that says so, if there is one
   */
  static Optional<Initializer> of(Path folder, Optional<StartFile> opened, AdapterSpec spec)
      throws IOException {
    Optional<String> name = name(spec);
    if (opened.isPresent()) {
      return Optional.of(opened.get().read(name.orElse("plain")));
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

  private StoredStart read(String name) throws IOException {
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

  private static Optional<String> name(AdapterSpec spec) {
    return spec.initializer()
        .map(Initializer::fileName)
        .or(() -> text(spec.info().others().get(AdapterInfo.START)));
  }

  private static Optional<String> text(@Nullable Object value) {
    return value instanceof String text ? Optional.of(text) : Optional.empty();
  }

  @Override
  public void close() throws IOException {
    tensors.close();
  }
}
