package org.peft4j.adapter;

import java.util.List;
import java.util.ServiceLoader;
import java.util.TreeSet;

/**
 * The methods on the class path, found through {@code
 * META-INF/services/org.peft4j.adapter.AdapterConfig}.
 */
public final class AdapterMethods {

  private AdapterMethods() {}

  /** One config of every method, with its defaults. */
  public static List<AdapterConfig> all() {
    return ServiceLoader.load(AdapterConfig.class).stream()
        .map(ServiceLoader.Provider::get)
        .toList();
  }

  /**
   * The method of that name with its defaults.
   *
   * @throws IllegalArgumentException if there is none; the message lists those there are
   */
  public static AdapterConfig named(String method) {
    return all().stream()
        .filter(config -> config.method().equals(method))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "unknown method "
                        + method
                        + "; known are "
                        + all().stream().map(AdapterConfig::method).sorted().toList()));
  }

  /** The {@code peft_type}s that files may have. */
  public static TreeSet<String> types() {
    TreeSet<String> types = new TreeSet<>();
    all().forEach(config -> types.add(config.type()));
    return types;
  }
}
