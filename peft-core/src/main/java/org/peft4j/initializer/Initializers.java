package org.peft4j.initializer;

import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;

/**
 * The initializers on the class path, found through {@code
 * META-INF/services/org.peft4j.initializer.Initializer}.
 */
public final class Initializers {

  private Initializers() {}

  /** One of every kind, with its defaults. */
  public static List<Initializer> all() {
    return ServiceLoader.load(Initializer.class).stream().map(ServiceLoader.Provider::get).toList();
  }

  /** The initializer of that name, if there is one. */
  public static Optional<Initializer> find(String name) {
    return all().stream()
        .map(initializer -> initializer.called(name))
        .flatMap(Optional::stream)
        .findFirst();
  }

  /**
   * The initializer of that name.
   *
   * @throws IllegalArgumentException if there is none; the message lists those there are
   */
  public static Initializer named(String name) {
    return find(name)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "unknown initializer "
                        + name
                        + "; known are "
                        + all().stream().map(Initializer::name).sorted().toList()));
  }
}
