package org.peft4j.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Which file of a split model holds which tensor. */
record ShardIndex(Map<String, String> weightMap) {

  static final String FILE_NAME = "model.safetensors.index.json";

  /**
   * Reads the index and makes sure that its shards exist.
   *
   * @throws AdapterFormatException if it is wrong or shards are missing; the message lists them all
   */
  static ShardIndex read(Path index) throws IOException {
    if (!(Json.readObject(index).path("weight_map") instanceof ObjectNode weightMap)) {
      throw new AdapterFormatException(
          index, "weight_map must be an object of tensor names and their files");
    }
    Map<String, String> places = new LinkedHashMap<>();
    List<String> problems = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : weightMap.properties()) {
      if (isFileName(entry.getValue())) {
        places.put(entry.getKey(), entry.getValue().textValue());
      } else {
        problems.add(
            "weight_map names %s for tensor %s; it must be a file name without a folder"
                .formatted(Excerpt.of(entry.getValue().toString()), entry.getKey()));
      }
    }
    ShardIndex read = new ShardIndex(places);
    Set<String> missing = new TreeSet<>(read.files());
    missing.removeIf(shard -> Files.exists(index.resolveSibling(shard)));
    if (!missing.isEmpty()) {
      problems.add("missing beside it: " + missing);
    }
    if (!problems.isEmpty()) {
      throw new AdapterFormatException(index, problems);
    }
    return read;
  }

  /** An index that came from elsewhere must not reach into other folders. */
  private static boolean isFileName(JsonNode node) {
    return node.isTextual() && node.textValue().matches("[^/\\\\:\\x00]*\\.safetensors");
  }

  Set<String> files() {
    return new LinkedHashSet<>(weightMap.values());
  }

  /** The tensors that are not in the shard that the index names, each with that shard. */
  Map<String, String> absent(Map<String, SafetensorsFile> shards) {
    Map<String, String> absent = new LinkedHashMap<>();
    weightMap.forEach(
        (name, shard) -> {
          SafetensorsFile file = shards.get(shard);
          if (file == null || !file.header().tensors().containsKey(name)) {
            absent.put(name, shard);
          }
        });
    return absent;
  }
}
