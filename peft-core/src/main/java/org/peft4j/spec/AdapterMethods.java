package org.peft4j.spec;

import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.TreeSet;
import org.peft4j.adapter.AdapterConfig;

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

  /** The method of that name with its defaults, if there is one. */
  public static Optional<AdapterConfig> find(String method) {
    return all().stream().filter(config -> config.method().equals(method)).findFirst();
  }

  /** The {@code peft_type}s that files may have. */
  public static TreeSet<String> types() {
    TreeSet<String> types = new TreeSet<>();
    all().forEach(config -> types.add(config.type()));
    return types;
  }
}
