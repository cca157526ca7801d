package org.peft4j.benchmarks.leaderboard;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.peft4j.train.Evaluation;

/** Where results go: all numbers, the table and the pictures, after every contestant. */
final class Results {

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
  private static final Pattern PLACE =
      Pattern.compile("(<!-- leaderboard -->\n).*?(<!-- end -->)", Pattern.DOTALL);

  private final Path folder;
  private final Evaluation before;
  private final Evaluation known;
  private final List<Standing> standings = new ArrayList<>();

  /**
   * @param before the base on held-out text of the task
   * @param known the base on stories
   */
  Results(Path folder, Evaluation before, Evaluation known) {
    this.folder = folder;
    this.before = before;
    this.known = known;
  }

  void add(Standing standing) throws IOException {
    standings.add(standing);
    Files.writeString(folder.resolve("leaderboard.md"), table());
    JSON.writeValue(
        folder.resolve("leaderboard.json").toFile(),
        Map.of("base_loss", before.loss(), "base_stories", known.loss(), "standings", standings));
    Pictures.draw(standings.stream().map(Sweep::of).toList(), standings, folder);
  }

  /** Those of a {@code leaderboard.json}. */
  static List<Standing> standings(Path file) throws IOException {
    return JSON.convertValue(
        JSON.readTree(file.toFile()).path("standings"), new TypeReference<List<Standing>>() {});
  }

  String table() {
    return Table.of(standings, before.loss(), known.loss());
  }

  /** Puts the table between the two comments of a page that are for it. */
  void into(Path page) throws IOException {
    Matcher place = PLACE.matcher(Files.readString(page));
    if (!place.find()) {
      throw new IOException(page + " has no place between <!-- leaderboard --> and <!-- end -->");
    }
    Files.writeString(
        page,
        place.replaceFirst(Matcher.quoteReplacement(place.group(1) + table() + place.group(2))));
  }
}
