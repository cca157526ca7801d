package org.peft4j.calibrate;

import java.io.IOException;
import java.nio.file.Path;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.io.CheckedTensors;
import org.peft4j.kernel.Buffer;

/**
 * Statistics in a safetensors file. A tensor is called {@code layer/statistic/name}; where layers
 * share what was found out, one of them has the tensors and texts refer the others to it.
 */
final class StatisticsFile {

  private static final String OURS = "peft4j statistics 2";
  private static final Map<String, String> OTHERS =
      Map.of(
          "peft4j statistics 1",
          "was written by an earlier version, without checksums; delete it to find all out again",
          "",
          "holds no statistics of a calibration");

  private StatisticsFile() {}

  static void write(Path file, Map<String, Map<String, Map<String, Buffer>>> byLayer)
      throws IOException {
    Map<String, Buffer> tensors = new LinkedHashMap<>();
    Map<String, String> shared = new TreeMap<>();
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
                    shared.put(place, first);
                  }
                }));
    new CheckedTensors(shared, tensors).write(file, OURS);
  }

  static Map<String, Map<String, Map<String, Buffer>>> read(Path file) throws IOException {
    Map<String, Map<String, Map<String, Buffer>>> byLayer = new LinkedHashMap<>();
    CheckedTensors saved = CheckedTensors.read(file, OURS, OTHERS);
    Map<String, Map<String, Buffer>> byPlace = new LinkedHashMap<>();
    saved
        .tensors()
        .forEach(
            (key, tensor) -> {
              int end = key.lastIndexOf('/');
              byPlace
                  .computeIfAbsent(key.substring(0, Math.max(0, end)), any -> new LinkedHashMap<>())
                  .put(key.substring(end + 1), tensor);
            });
    byPlace.forEach((place, found) -> put(byLayer, place, found));
    for (Map.Entry<String, String> entry : saved.texts().entrySet()) {
      Map<String, Buffer> found = byPlace.get(entry.getValue());
      if (found == null) {
        throw new AdapterFormatException(
            file,
            "%s is that of %s, which is not there".formatted(entry.getKey(), entry.getValue()));
      }
      put(byLayer, entry.getKey(), found);
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
