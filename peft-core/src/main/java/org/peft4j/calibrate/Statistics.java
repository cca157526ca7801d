package org.peft4j.calibrate;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.peft4j.kernel.Buffer;

/**
 * What a calibration found out about the layers of a model. Can be saved, and used again for
 * another adapter on the same model.
 */
public final class Statistics {

  /** Nothing found out. */
  public static final Statistics NONE = new Statistics(Map.of());

  private final Map<String, Map<String, Map<String, Buffer>>> byLayer;

  /**
   * @param byLayer matrices and vectors by name, by statistic, by layer
   */
  Statistics(Map<String, Map<String, Map<String, Buffer>>> byLayer) {
    this.byLayer = Collections.unmodifiableMap(new LinkedHashMap<>(byLayer));
  }

  /** The layers that something is known about. */
  public Set<String> layers() {
    return byLayer.keySet();
  }

  /** What is known about a layer: matrices and vectors by name, by the statistic's name. */
  public Map<String, Map<String, Buffer>> of(String layer) {
    return byLayer.getOrDefault(layer, Map.of());
  }

  /** These and {@code others}, which count where both know the same. */
  public Statistics and(Statistics others) {
    Map<String, Map<String, Map<String, Buffer>>> both = new LinkedHashMap<>();
    byLayer.forEach((layer, found) -> both.put(layer, new LinkedHashMap<>(found)));
    others.byLayer.forEach(
        (layer, found) -> both.computeIfAbsent(layer, any -> new LinkedHashMap<>()).putAll(found));
    return new Statistics(both);
  }

  /** Writes everything into one safetensors file; the file appears whole or not at all. */
  public void save(Path file) throws IOException {
    StatisticsFile.write(file, byLayer);
  }

  /**
   * Reads what {@link #save} wrote.
   *
   * @throws IOException if the file cannot be read, or holds something else
   */
  public static Statistics load(Path file) throws IOException {
    return new Statistics(StatisticsFile.read(file));
  }
}
