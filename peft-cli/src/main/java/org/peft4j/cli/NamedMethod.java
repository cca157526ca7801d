package org.peft4j.cli;

import java.util.List;
import java.util.Optional;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.initializer.Initializer;
import org.peft4j.initializer.Initializers;
import org.peft4j.spec.AdapterMethods;

/**
 * A method as the command line names it: one with a formula of its own, or LoRA from a start that
 * has a name of its own.
 *
 * @param config its settings
 * @param start of its factors; the method's own if empty
 */
record NamedMethod(AdapterConfig config, Optional<Initializer> start) {

  /** The name of {@link #usual}. */
  static final String USUAL = "lora";

  /** What is used if nothing is named. */
  static NamedMethod usual() {
    return of(USUAL);
  }

  /**
   * The method of that name, with dashes or underscores.
   *
   * @throws IllegalArgumentException if there is none; the message lists those there are
   */
  static NamedMethod of(String name) {
    Optional<AdapterConfig> method = AdapterMethods.find(name);
    Optional<Initializer> start = start(name);
    if (method.isEmpty() && start.isEmpty()) {
      throw new IllegalArgumentException(
          "unknown method %s; known are %s, and lora from the starts %s"
              .formatted(name, methods(), starts()));
    }
    return method
        .map(config -> new NamedMethod(config, Optional.empty()))
        .orElseGet(() -> usual().from(start));
  }

  /** This method from another start. */
  NamedMethod from(Optional<Initializer> start) {
    return new NamedMethod(config, start);
  }

  /** The start of that name, with dashes or underscores, if there is one. */
  static Optional<Initializer> start(String name) {
    return Initializers.find(name.replace('-', '_'));
  }

  private static List<String> methods() {
    return AdapterMethods.all().stream().map(AdapterConfig::method).sorted().toList();
  }

  static List<String> starts() {
    return Initializers.all().stream().map(Initializer::name).sorted().toList();
  }
}
