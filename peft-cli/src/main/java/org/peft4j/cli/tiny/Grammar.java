package org.peft4j.cli.tiny;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Sections of lines to choose from, each line with references to other sections.
 *
 * <p>{@code [animal]} begins a section, {@code [hero|he|his]} one whose lines have columns. {@code
 * {animal}} stands for a line of that section, {@code {hero.his}} for a column of it; {@code
 * {Animal}} begins with a capital letter, {@code {a animal}} with the right article. A section is
 * drawn once in a text, so that all of it speaks of one animal; {@code {animal/2}} is another one.
 * {@code [text]} is the whole. Lines that begin with # are remarks.
 */
final class Grammar {

  private static final Pattern REFERENCE =
      Pattern.compile("\\{(?:([aA]) )?(\\w+)(?:/(\\d))?(?:\\.(\\w+))?}");

  private final Map<String, Section> sections = new HashMap<>();

  private record Section(List<String> columns, List<String[]> lines) {}

  private Grammar(List<String> lines) {
    Section current = new Section(List.of(), List.of());
    for (String line : lines) {
      if (line.startsWith("[")) {
        List<String> columns = List.of(line.substring(1, line.length() - 1).split("\\|"));
        current = new Section(columns, new ArrayList<>());
        sections.put(columns.get(0), current);
      } else if (!line.isBlank() && !line.startsWith("#")) {
        current.lines().add(line.split("\\|"));
      }
    }
  }

  static Grammar resource(String name) {
    try (var in = Objects.requireNonNull(Grammar.class.getResourceAsStream(name), name);
        var reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      return new Grammar(reader.lines().toList());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A text whose number of words is within the limits; others are drawn again. */
  String text(long seed, int fewest, int most) {
    SplittableRandom random = new SplittableRandom(seed);
    while (true) {
      String text = new Draw(random).expand("{text}");
      int words = text.split(" ").length;
      if (words >= fewest && words <= most) {
        return text;
      }
    }
  }

  /** The choices made for one text. */
  private final class Draw {

    private final SplittableRandom random;
    private final Map<String, String[]> chosen = new HashMap<>();

    Draw(SplittableRandom random) {
      this.random = random;
    }

    String expand(String line) {
      return REFERENCE
          .matcher(line)
          .replaceAll(reference -> Matcher.quoteReplacement(resolve(reference)));
    }

    private String resolve(MatchResult reference) {
      String name = reference.group(2);
      String key = name.toLowerCase(Locale.ROOT);
      Section section = Objects.requireNonNull(sections.get(key), reference.group());
      String number = Objects.requireNonNullElse(reference.group(3), "1");
      String column = Objects.requireNonNullElse(reference.group(4), key);
      String[] line = chosen.computeIfAbsent(key + "/" + number, k -> another(section));
      String value = expand(line[section.columns().indexOf(column)]);
      String article = reference.group(1);
      if (article != null) {
        return article + ("aeiou".indexOf(value.charAt(0)) >= 0 ? "n " : " ") + value;
      }
      return name.equals(key) ? value : capital(value);
    }

    private String[] another(Section section) {
      List<String[]> left = new ArrayList<>(section.lines());
      left.removeAll(chosen.values());
      return left.get(random.nextInt(left.size()));
    }

    private static String capital(String value) {
      return Character.toUpperCase(value.charAt(0)) + value.substring(1);
    }
  }
}
