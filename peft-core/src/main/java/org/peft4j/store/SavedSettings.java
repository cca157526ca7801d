package org.peft4j.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.io.Excerpt;
import org.peft4j.io.Json;
import org.peft4j.io.RecordCodec;
import org.peft4j.spec.AdapterSpec;

/**
 * The settings that an adapter's tensors were saved with, kept among the tensors' own metadata. A
 * save over another adapter that is broken off between the two files, or a file copied over from
 * elsewhere, then shows instead of giving numbers of neither.
 */
final class SavedSettings {

  private static final String KEY = "peft4j.settings";

  /**
   * Keys that count beside those of the method itself. Which layers and modules there are shows in
   * the tensors themselves.
   */
  private static final Set<String> BESIDE =
      Set.of(
          "alpha_pattern",
          "bias",
          "ensure_weight_tying",
          "peft_type",
          "rank_pattern",
          "trainable_token_indices");

  /** Of no account once training is over, so it may be changed by hand. */
  private static final String DROPOUT = "dropout";

  private SavedSettings() {}

  /** Puts the settings of {@code spec} among the metadata of the tensors. */
  static void put(Map<String, String> metadata, AdapterSpec spec) {
    metadata.put(KEY, text(of(spec)));
  }

  /** Whether these are of tensors that know their settings. */
  static boolean areIn(Map<String, String> metadata) {
    return metadata.containsKey(KEY);
  }

  /** Those that count, without what says no more than leaving it out. */
  private static ObjectNode of(AdapterSpec spec) {
    Set<String> counting = new TreeSet<>(BESIDE);
    counting.addAll(RecordCodec.keys(spec.config().getClass()));
    counting.addAll(spec.config().fileMarks().keySet());
    counting.removeIf(key -> key.endsWith(DROPOUT));
    ObjectNode all = AdapterFileWriter.json(spec);
    ObjectNode settings = Json.MAPPER.createObjectNode();
    for (String key : counting) {
      if (!isNothing(all.path(key))) {
        settings.set(key, all.get(key));
      }
    }
    return settings;
  }

  private static String text(ObjectNode settings) {
    try {
      return Json.MAPPER.writeValueAsString(settings);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a JSON tree can always be written", e);
    }
  }

  /**
   * @throws AdapterFormatException if the tensors say that they were saved with other settings than
   *     those of {@code spec}, which {@code file} holds
   */
  static void requireSame(Path file, AdapterSpec spec, TensorSource tensors)
      throws AdapterFormatException {
    String saved = tensors.metadata().get(KEY);
    if (saved == null) {
      return;
    }
    ObjectNode here = read(file, text(of(spec)));
    List<String> differences = differences(here, read(tensors.file(), saved));
    if (!differences.isEmpty()) {
      throw new AdapterFormatException(
          file,
          "does not belong to the tensors beside it: "
              + String.join("; ", differences.subList(0, Math.min(5, differences.size())))
              + (differences.size() > 5 ? "; and " + (differences.size() - 5) + " more" : "")
              + ". Either a save over another adapter was broken off, or one of the two files was"
              + " changed or replaced: save or copy both anew, or put the values of the tensors"
              + " back into this file");
    }
  }

  private static ObjectNode read(Path file, String saved) throws AdapterFormatException {
    try {
      return (ObjectNode) Json.MAPPER.readTree(saved);
    } catch (IOException | ClassCastException e) {
      throw new AdapterFormatException(
          file, "the entry " + KEY + " of its metadata is damaged: " + Excerpt.of(saved));
    }
  }

  /**
   * Both come from text, so equal numbers are of equal types; the order of keys is of no account.
   */
  private static List<String> differences(ObjectNode here, ObjectNode saved) {
    List<String> differences = new ArrayList<>();
    Set<String> keys = new TreeSet<>();
    here.fieldNames().forEachRemaining(keys::add);
    saved.fieldNames().forEachRemaining(keys::add);
    for (String key : keys) {
      if (!here.path(key).equals(saved.path(key))) {
        differences.add(
            key + " is " + shown(here.path(key)) + " but theirs is " + shown(saved.path(key)));
      }
    }
    return differences;
  }

  private static boolean isNothing(JsonNode value) {
    boolean empty = value.isContainerNode() && value.isEmpty();
    boolean no = value.isBoolean() && !value.booleanValue();
    return value.isMissingNode() || value.isNull() || empty || no;
  }

  private static String shown(JsonNode value) {
    return value.isMissingNode() ? "not there" : Excerpt.of(value.toString(), 100);
  }
}
