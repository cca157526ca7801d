package org.peft4j.transformers.decoder;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.peft4j.transformers.checkpoint.ModelConfig;

/**
 * The settings of rotary positions (Su et al., arXiv 2104.09864).
 *
 * @param theta base of the frequencies
 * @param scaling what makes the context longer
 */
public record RopeConfig(double theta, RopeScaling scaling) {

  private static final double DEFAULT_THETA = 10_000;
  private static final List<String> KNOWN = List.of("default", "linear", "llama3");

  /**
   * Reads {@code rope_parameters}, or {@code rope_theta} and {@code rope_scaling} before them; what
   * is wrong becomes a problem of the config, as heads are that are odd.
   */
  public static RopeConfig read(ModelConfig config, DecoderSizes sizes) {
    requireEven(config, sizes.width(), sizes.heads().size());
    ModelConfig section =
        config.section("rope_parameters").or(() -> config.section("rope_scaling")).orElse(config);
    double outer = config.positiveNumber("rope_theta", DEFAULT_THETA);
    double theta = section == config ? outer : section.positiveNumber("rope_theta", outer);
    requireWholeHeads(config);
    if (section != config) {
      requireWholeHeads(section);
      requireOneKind(section);
    }
    return new RopeConfig(theta, section == config ? RopeScaling.none() : scaling(section));
  }

  /** A width of 1 stands in for one that has been complained about already. */
  private static void requireEven(ModelConfig config, int width, int headSize) {
    if (headSize % 2 != 0 && width > 1) {
      config.problem(
          "head_dim", "must be even, since rotary positions turn pairs, but was " + headSize);
    }
  }

  private static RopeScaling scaling(ModelConfig section) {
    String key = section.has("rope_type") || !section.has("type") ? "rope_type" : "type";
    String type = section.text(key, "default");
    return switch (type) {
      case "default" -> RopeScaling.none();
      case "linear" -> new RopeScaling.Linear(section.positiveNumber("factor"));
      case "llama3" -> llama3(section);
      default -> {
        section.problem(key, "must be one of " + KNOWN + " but was " + type);
        yield RopeScaling.none();
      }
    };
  }

  private static RopeScaling llama3(ModelConfig section) {
    double low = section.positiveNumber("low_freq_factor");
    double high = section.positiveNumber("high_freq_factor");
    int original = section.positive("original_max_position_embeddings");
    double factor = section.positiveNumber("factor");
    if (section.has("high_freq_factor") && high <= low) {
      section.problem(
          "high_freq_factor", "must be above low_freq_factor " + low + " but was " + high);
    }
    return new RopeScaling.Llama3(factor, low, high, original);
  }

  /** Some models turn layers of one kind otherwise than those of another. */
  private static void requireOneKind(ModelConfig section) {
    ObjectNode entries = section.entries();
    entries
        .properties()
        .forEach(
            entry -> {
              if (entry.getValue().isObject()) {
                section.problem(
                    entry.getKey(), "is an object; positions by kind of layer are not supported");
              }
            });
  }

  private static void requireWholeHeads(ModelConfig section) {
    double turned = section.positiveNumber("partial_rotary_factor", 1);
    if (turned != 1) {
      section.problem("partial_rotary_factor", "must be 1 but was " + turned);
    }
  }
}
