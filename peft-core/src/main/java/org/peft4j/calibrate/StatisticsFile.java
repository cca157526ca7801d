package org.peft4j.calibrate;

import java.io.IOException;
import java.nio.file.Path;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.Buffer;

/**
 * Statistics in a safetensors file. A tensor is called {@code layer/statistic/name}; where layers
 * share what was found out, one of them has the tensors and the metadata refer the others to it.
 */
final class StatisticsFile {

  private static final String FORMAT = "format";
  private static final String OURS = "peft4j statistics 1";

  private StatisticsFile() {}

  static void write(Path file, Map<String, Map<String, Map<String, Buffer>>> byLayer)
      throws IOException {
    Map<String, Buffer> tensors = new LinkedHashMap<>();
    Map<String, String> metadata = new TreeMap<>();
    metadata.put(FORMAT, OURS);
    Map<Map<String, Buffer>, String> written = new IdentityHashMap<>();
    byLayer.forEach(
        (layer, statistics) ->
            statistics.forEach(
                (statistic, found) -> {
                  String place = layer + "/" + statistic;
                  String first = written.putIfAbsent(found, place);
                  if (first == null) {
                    found.forEach((name, buffer) -> tensors.put(place + "/" + name, buffer));
                  } else {
                    metadata.put(place, first);
                  }
                }));
    Safetensors.write(file, tensors, metadata);
  }

  static Map<String, Map<String, Map<String, Buffer>>> read(Path file) throws IOException {
    Map<String, Map<String, Map<String, Buffer>>> byLayer = new LinkedHashMap<>();
    try (Safetensors tensors = Safetensors.open(file)) {
      if (!OURS.equals(tensors.metadata().get(FORMAT))) {
        throw new AdapterFormatException(file, "holds no statistics of a calibration");
      }
      Map<String, Map<String, Buffer>> byPlace = new LinkedHashMap<>();
      for (String key : tensors.names()) {
        int end = key.lastIndexOf('/');
        byPlace
            .computeIfAbsent(key.substring(0, Math.max(0, end)), any -> new LinkedHashMap<>())
            .put(key.substring(end + 1), tensors.read(key, tensors.info(key).type()));
      }
      byPlace.forEach((place, found) -> put(byLayer, place, found));
      for (Map.Entry<String, String> entry : tensors.metadata().entrySet()) {
        if (byPlace.containsKey(entry.getValue())) {
          put(byLayer, entry.getKey(), byPlace.get(entry.getValue()));
        }
      }
    }
    return byLayer;
  }

  private static void put(
      Map<String, Map<String, Map<String, Buffer>>> byLayer,
      String place,
      Map<String, Buffer> found) {
    int end = Math.max(0, place.indexOf('/'));
    byLayer
        .computeIfAbsent(place.substring(0, end), any -> new LinkedHashMap<>())
        .put(place.substring(Math.min(place.length(), end + 1)), found);
  }
}
