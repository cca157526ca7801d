package org.peft4j.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Records to and from JSON objects. A component's key is its name in snake case, or what {@link
 * org.peft4j.settings.FileKey} says; its type is int, long, double, boolean, String, an enum (names
 * in lower case; those called true and false are flags), another record, or an Optional, List or
 * Map of those. An empty Optional is null. A record that is {@link org.peft4j.settings.Inlined} has
 * its keys among those of its holder.
 */
public final class RecordCodec {

  private RecordCodec() {}

  /**
   * The record that {@code json} describes. What it does not mention stays as in {@code defaults};
   * what the record does not have is left alone.
   *
   * @param file where {@code json} is from, for messages
   * @throws AdapterFormatException if values are of the wrong type, with all of them in the
   *     message, or if the record's constructor rejects them
   */
  public static <T extends Record> T read(Path file, ObjectNode json, T defaults)
      throws AdapterFormatException {
    List<String> problems = new ArrayList<>();
    Object record = new RecordReader(problems).record(defaults.getClass(), json, defaults, "");
    if (record == null) {
      throw new AdapterFormatException(file, problems);
    }
    @SuppressWarnings("unchecked")
    T read = (T) record;
    return read;
  }

  /**
   * Whether every enum component of {@code type}, which must be a record, knows the value that
   * {@code json} has for it. Methods of one type may tell themselves apart by that.
   */
  public static boolean hasConstants(Class<?> type, ObjectNode json) {
    return RecordReader.hasConstants(type, json);
  }

  /** All components of {@code record}, in their order. */
  public static ObjectNode write(Record record) {
    ObjectNode json = Json.MAPPER.createObjectNode();
    for (RecordKeys.Key key : RecordKeys.of(record.getClass())) {
      if (key.isInlined()) {
        json.setAll(write((Record) key.valueIn(record)));
      } else {
        JsonNode value = RecordWriter.node(key.name(), key.valueIn(record));
        json.set(key.name(), key.isWhole() ? RecordWriter.whole(value) : value);
      }
    }
    return json;
  }

  /** The keys that {@code type}, which must be a record, has in files. */
  public static Set<String> keys(Class<?> type) {
    return RecordKeys.names(type);
  }

  /** The name that an enum constant has in files. */
  public static String nameOf(Enum<?> constant) {
    return RecordKeys.nameOf(constant);
  }
}
