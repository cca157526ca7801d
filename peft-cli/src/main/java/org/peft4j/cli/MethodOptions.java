package org.peft4j.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapter.Ranked;
import org.peft4j.initializer.Initializer;
import org.peft4j.io.RecordCodec;
import picocli.CommandLine.Option;

/**
 * Which method with which settings. Knows no method: {@code --rank} and its like stand for the
 * settings of that name in the method's file format.
 */
@Heading("Method")
final class MethodOptions {

  private static final int USUAL_RANK = 8;
  private static final double USUAL_ALPHA = 16;
  private static final ObjectMapper JSON = new ObjectMapper();

  @Option(
      names = "--method",
      paramLabel = "NAME",
      description =
          "How to adapt: lora, dora, adalora, bone, miss, vera, svfit, hft, full, ..., or lora from"
              + " a start of another name: pissa, olora, corda-ipm, corda-kpm, lora-ga, eva, ..."
              + " Default: lora.")
  private @Nullable String method;

  @Option(
      names = "--init",
      paramLabel = "NAME",
      description =
          "How low-rank factors start, for methods other than lora and for starts that share a"
              + " name: gaussian, orthogonal, pissa, pissa_niter_4, eva, ... Default: the method's"
              + " own.")
  private @Nullable String init;

  @Option(
      names = "--rank",
      paramLabel = "N",
      description = "Rank of the adapter. Default: " + USUAL_RANK + ", or the method's own.")
  private @Nullable Integer rank;

  @Option(
      names = "--alpha",
      paramLabel = "X",
      description = "Scale of the adapter, times rank. Default: 16, or the method's own.")
  private @Nullable Double alpha;

  @Option(
      names = "--dropout",
      paramLabel = "P",
      description = "Probability of dropping an input of the adapter in training. Default: 0.")
  private @Nullable Double dropout;

  @Option(
      names = "--option",
      paramLabel = "KEY=VALUE",
      description =
          "Any setting of the method, or of its start, under its name in files, such as"
              + " use_rslora=true or rho=1.5.")
  private Map<String, String> options = new LinkedHashMap<>();

  /** The method as asked for, on top of its defaults; the options say afterwards what these are. */
  NamedMethod chosen() throws IOException {
    NamedMethod named = method == null ? NamedMethod.usual() : NamedMethod.of(method);
    AdapterConfig defaults =
        named
            .config()
            .ranked()
            .<AdapterConfig>map(ranked -> ranked.with(USUAL_RANK, USUAL_ALPHA))
            .orElse(named.config());
    Optional<Initializer> start = start();
    AdapterConfig config = settings(defaults, start);
    if (start.isPresent()) {
      start = Optional.of(on(start.get()));
    }
    settle(config);
    return new NamedMethod(config, start);
  }

  private void settle(AdapterConfig config) {
    if (method == null) {
      method = NamedMethod.USUAL;
    }
    config
        .ranked()
        .ifPresent(
            ranked -> {
              rank = ranked.rank();
              alpha = ranked.alpha();
            });
  }

  /**
   * The start that was asked for, by its own name or as a method, with its defaults; empty if none
   * was.
   */
  Optional<Initializer> start() {
    Optional<Initializer> byMethod =
        method == null ? Optional.empty() : NamedMethod.of(method).start();
    if (init == null) {
      return byMethod;
    }
    if (byMethod.isPresent()) {
      throw new IllegalArgumentException(
          "--method %s and --init %s are two starts; leave one out".formatted(method, init));
    }
    return Optional.of(
        NamedMethod.start(init)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "unknown start --init %s; known are %s"
                            .formatted(init, NamedMethod.starts()))));
  }

  /** {@code config}, which exists, with everything that was asked for. */
  AdapterConfig on(AdapterConfig config) throws IOException {
    AdapterConfig wanted = method == null ? config : NamedMethod.of(method).config();
    return wanted.method().equals(config.method()) ? settings(config, Optional.empty()) : wanted;
  }

  private AdapterConfig settings(AdapterConfig config, Optional<Initializer> start)
      throws IOException {
    ObjectNode settings = JSON.createObjectNode();
    if (dropout != null) {
      settings.put(setting(config, "dropout", "--dropout"), dropout);
    }
    AdapterConfig ranked = rank == null && alpha == null ? config : ranked(config, settings);
    for (Map.Entry<String, String> option : options.entrySet()) {
      if (keys(config).contains(option.getKey())) {
        settings.set(option.getKey(), parsed(option.getValue()));
      } else {
        requireKnown(config, start, option.getKey());
      }
    }
    Record read = RecordCodec.read(Path.of("--option"), settings, (Record) ranked);
    requireOneRank((AdapterConfig) read);
    return (AdapterConfig) read;
  }

  private Initializer on(Initializer start) throws IOException {
    ObjectNode settings = JSON.createObjectNode();
    options.forEach(
        (key, value) -> {
          if (keys(start).contains(key)) {
            settings.set(key, parsed(value));
          }
        });
    return settings.isEmpty()
        ? start
        : (Initializer) RecordCodec.read(Path.of("--option"), settings, (Record) start);
  }

  private void requireOneRank(AdapterConfig config) {
    if (config.ranked().isEmpty()) {
      return;
    }
    Ranked ranked = config.ranked().get();
    if (rank != null && ranked.rank() != rank) {
      throw new IllegalArgumentException(
          "--rank %d and --option say different ranks; leave one out".formatted(rank));
    }
    if (alpha != null && ranked.alpha() != alpha) {
      throw new IllegalArgumentException(
          "--alpha %s cannot be: %s takes %s".formatted(alpha, config.method(), ranked.alpha()));
    }
  }

  private AdapterConfig ranked(AdapterConfig config, ObjectNode settings) {
    if (config.ranked().isPresent()) {
      Ranked ranked = config.ranked().get();
      return ranked.with(
          rank == null ? ranked.rank() : rank, alpha == null ? ranked.alpha() : alpha);
    }
    if (rank != null) {
      settings.put(setting(config, "r", "--rank"), rank);
    }
    if (alpha != null) {
      settings.put(setting(config, "alpha", "--alpha"), alpha);
    }
    return config;
  }

  /** The setting {@code name}, or else the one that ends in an underscore and that. */
  private static String setting(AdapterConfig config, String name, String option) {
    if (keys(config).contains(name)) {
      return name;
    }
    List<String> found = keys(config).stream().filter(key -> key.endsWith("_" + name)).toList();
    if (found.size() != 1) {
      throw new IllegalArgumentException(
          "%s means %s of the settings of %s; name one with --option KEY=VALUE: %s"
              .formatted(
                  option, found.isEmpty() ? "none" : found, config.method(), listed(config)));
    }
    return found.get(0);
  }

  private static void requireKnown(AdapterConfig config, Optional<Initializer> start, String key) {
    Set<String> ofStart = start.map(MethodOptions::keys).orElse(Set.of());
    if (!ofStart.contains(key)) {
      throw new IllegalArgumentException(
          "--option %s is no setting of %s; its settings are %s%s"
              .formatted(
                  key,
                  config.method(),
                  listed(config),
                  ofStart.isEmpty()
                      ? ""
                      : "; those of its start are " + String.join(", ", ofStart)));
    }
  }

  private static String listed(AdapterConfig config) {
    return keys(config).isEmpty() ? "none" : String.join(", ", keys(config));
  }

  private static Set<String> keys(AdapterConfig config) {
    return RecordCodec.keys(config.getClass());
  }

  private static Set<String> keys(Initializer start) {
    return RecordCodec.keys(start.getClass());
  }

  /** Numbers, true, false and the like are JSON; a bare word is itself. */
  private static JsonNode parsed(String value) {
    try {
      JsonNode node = JSON.readTree(value);
      return node.isMissingNode() ? TextNode.valueOf(value) : node;
    } catch (JsonProcessingException e) {
      return TextNode.valueOf(value);
    }
  }
}
