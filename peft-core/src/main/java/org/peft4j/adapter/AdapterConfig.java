package org.peft4j.adapter;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One method's settings: a record that checks them and builds the adapter for a layer.
 *
 * <p>A record is made known to files and to the command line by one line in {@code
 * META-INF/services/org.peft4j.adapter.AdapterConfig}; its no-argument constructor holds the
 * defaults.
 */
public interface AdapterConfig {

  /** Hugging Face PEFT's {@code peft_type}, such as {@code LORA}. */
  String type();

  /** The method's name on the command line and in tables, such as {@code lora}. */
  String method();

  /** Builds the adapter for one linear layer. */
  Adapter create(AdapterSite site);

  /**
   * Builds the adapter for one embedding table.
   *
   * @throws IllegalArgumentException if the method has no form for embeddings, which is the default
   */
  default EmbeddingAdapter createForEmbedding(AdapterSite site) {
    throw new IllegalArgumentException(
        method()
            + " cannot adapt embeddings, but "
            + site.path()
            + " is one; take it out of the targets");
  }

  /** These settings, where their rank and alpha may differ from layer to layer. */
  default Optional<Ranked> ranked() {
    return Optional.empty();
  }

  /**
   * These settings, where the method is plain LoRA: it adds {@code s·B·A} to the weight and nothing
   * else, and A and B are trainable. Adapters of other methods are converted to it.
   */
  default Optional<Ranked> plainLora() {
    return Optional.empty();
  }

  /**
   * Settings that tell this method from others of the same {@link #type()} in a file; written and
   * required as they are.
   */
  default Map<String, Object> fileMarks() {
    return Map.of();
  }

  /**
   * Settings of Hugging Face PEFT's config of this type that have no counterpart here, with its
   * defaults; values may be null. They are written so that its loader finds them all, and a file
   * that says otherwise is refused, because ignoring the difference would compute something else.
   */
  default Map<String, @Nullable Object> fileDefaults() {
    return Map.of();
  }

  /**
   * What initializers of other programs, which this method's files may name, did to the base; empty
   * for a name that is not known.
   */
  default Optional<BaseEffect> effectOnBase(String initializer) {
    return Optional.empty();
  }

  /** Those of {@link #fileDefaults()} that do not change what a trained adapter computes. */
  default Set<String> harmlessFileKeys() {
    return Set.of();
  }

  /**
   * Last parts of the names of tensors in this method's files that are constants: they are neither
   * trained nor counted as such.
   */
  default Set<String> constants() {
    return Set.of();
  }
}
