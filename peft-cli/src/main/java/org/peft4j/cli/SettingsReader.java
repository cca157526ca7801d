package org.peft4j.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.events.SequenceStartEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Reads options from a file in YAML 1.2, and so from one in JSON. Only the parser is used: no
 * object is made of what the file says, tags, anchors and deep nesting are refused where they
 * stand, and nothing is read that comes after them.
 */
final class SettingsReader {

  private static final long LARGEST = 1 << 20;

  private final Path file;
  private final Iterator<Event> events;
  private final List<Setting> settings = new ArrayList<>();
  private final Set<String> keys = new HashSet<>();

  private SettingsReader(Path file, String text) {
    this.file = file;
    LoadSettings settings = LoadSettings.builder().setLabel(file.toString()).build();
    this.events = new Parse(settings).parseString(text).iterator();
  }

  /**
   * What the file sets, in its order.
   *
   * @throws IllegalArgumentException if it cannot be read or is no mapping of names to values; the
   *     message says where
   */
  static List<Setting> read(Path file) throws IOException {
    Places.file("--config", file);
    if (Files.size(file) > LARGEST) {
      throw new IllegalArgumentException(
          "--config " + file + " is larger than 1 MiB, which no file of options is");
    }
    SettingsReader reader = new SettingsReader(file, text(file));
    try {
      reader.document();
      return reader.settings;
    } catch (MarkedYamlEngineException e) {
      int line = e.getProblemMark().map(Mark::getLine).orElse(0) + 1;
      throw reader.wrong(line, "is no YAML: " + e.getProblem());
    } catch (YamlEngineException e) {
      throw new IllegalArgumentException(
          file + " is no YAML: " + String.valueOf(e.getMessage()).lines().findFirst().orElse(""),
          e);
    }
  }

  private static String text(Path file) throws IOException {
    try {
      ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
      String text = StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
      String unmarked = text.startsWith("\uFEFF") ? text.substring(1) : text;
      // JSON has tabs only between values, where this YAML parser takes none at a line's start.
      return unmarked.stripLeading().startsWith("{") ? unmarked.replace('\t', ' ') : unmarked;
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("--config " + file + " is no text in UTF-8", e);
    }
  }

  private void document() {
    Event event = next();
    while (event.getEventId() == Event.ID.StreamStart
        || event.getEventId() == Event.ID.DocumentStart) {
      event = next();
    }
    if (event.getEventId() == Event.ID.StreamEnd || isNothing(event)) {
      throw new IllegalArgumentException(file + " is empty; write options, such as 'rank: 8'");
    }
    if (!(event instanceof MappingStartEvent mapping)) {
      throw wrong(line(event), "must be options, such as 'rank: 8', one on each line");
    }
    requirePlain(mapping);
    for (event = next(); event.getEventId() != Event.ID.MappingEnd; event = next()) {
      entry(event);
    }
    next();
    event = next();
    if (event.getEventId() != Event.ID.StreamEnd) {
      throw wrong(line(event), "begins a second document; a file holds the options of one run");
    }
  }

  private void entry(Event event) {
    ScalarEvent name = scalar(event, "a key");
    String key = name.getValue();
    int line = line(event);
    if (!keys.add(key)) {
      throw wrong(line, "'" + key + "' is there twice");
    }
    Event value = next();
    if (value instanceof SequenceStartEvent list) {
      requirePlain(list);
      List<String> values = new ArrayList<>();
      for (Event e = next(); e.getEventId() != Event.ID.SequenceEnd; e = next()) {
        values.add(text(key, scalar(e, "a value in the list '" + key + "'")));
      }
      settings.add(new Setting(key, line, Setting.Kind.LIST, values));
    } else if (value instanceof MappingStartEvent mapping) {
      requirePlain(mapping);
      settings.add(new Setting(key, line, Setting.Kind.MAPPING, pairs(key)));
    } else {
      String text = text(key, scalar(value, "the value of '" + key + "'"));
      settings.add(new Setting(key, line, Setting.Kind.SINGLE, List.of(text)));
    }
  }

  private List<String> pairs(String key) {
    List<String> pairs = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (Event e = next(); e.getEventId() != Event.ID.MappingEnd; e = next()) {
      String name = scalar(e, "a key below '" + key + "'").getValue();
      if (!names.add(name)) {
        throw wrong(line(e), "'" + name + "' is there twice below '" + key + "'");
      }
      String path = key + "." + name;
      pairs.add(name + "=" + text(path, scalar(next(), "the value of '" + path + "'")));
    }
    return pairs;
  }

  private String text(String key, ScalarEvent scalar) {
    if (isNothing(scalar)) {
      throw wrong(line(scalar), "'" + key + "' has no value; leave it out, or write one");
    }
    return scalar.getValue();
  }

  private ScalarEvent scalar(Event event, String what) {
    if (event instanceof NodeEvent node) {
      requirePlain(node);
    }
    if (event instanceof ScalarEvent scalar) {
      return scalar;
    }
    throw wrong(
        line(event), what + " must be a text, a number, true or false, not a list or a mapping");
  }

  private void requirePlain(NodeEvent node) {
    if (node.getAnchor().isPresent()) {
      String sign = node.getEventId() == Event.ID.Alias ? "*" : "&";
      throw wrong(
          line(node), "anchors and aliases (" + sign + node.getAnchor().get() + ") are not read");
    }
    boolean tagged =
        node instanceof ScalarEvent scalar
            ? scalar.getTag().isPresent()
            : node instanceof CollectionStartEvent collection && collection.getTag().isPresent();
    if (tagged) {
      throw wrong(line(node), "tags (!...) are not read; write the value alone");
    }
  }

  private static boolean isNothing(Event event) {
    return event instanceof ScalarEvent scalar
        && scalar.getScalarStyle() == ScalarStyle.PLAIN
        && Set.of("", "~", "null").contains(scalar.getValue().toLowerCase(Locale.ROOT));
  }

  private Event next() {
    return events.next();
  }

  private static int line(Event event) {
    return event.getStartMark().map(Mark::getLine).orElse(0) + 1;
  }

  private IllegalArgumentException wrong(int line, String what) {
    return new IllegalArgumentException(place(file, line) + ": " + what);
  }

  /** How messages name a line of a file. */
  static String place(Path file, int line) {
    return file + ", line " + line;
  }
}
