package org.peft4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What docs/choosing.md says of learning rates is what everything else takes. */
class LearningRatesTest {

  private static final Path DOCS = Path.of("../docs");
  private static final Path SOURCES = Path.of("src/main/java/org/peft4j/examples");
  private static final Path COMMANDS = Path.of("../peft-cli/src/main/java/org/peft4j/cli");
  private static final String NUMBER = "(\\d[\\d.]*e-\\d+|0\\.\\d+)";

  /** By method, for large models, for stories260K and for the tiny model; empty where unknown. */
  private final Map<String, List<String>> rates = new HashMap<>();

  LearningRatesTest() throws IOException {
    String page = between("<!-- rates -->", "<!-- end -->");
    for (List<String> cells : rows(page)) {
      rates.put(cells.get(0), cells.subList(1, 4));
    }
  }

  @Test
  void theDefaultIsThatOfLargeModels() throws IOException {
    String options = Files.readString(COMMANDS.resolve("OptimizerOptions.java"));

    assertThat(all("names = \"--lr\",\\s+paramLabel = \"X\",\\s+defaultValue = \"(.+?)\"", options))
        .containsExactly(rate("lora", 0));
  }

  @Test
  void theSmallOnesAreThoseThatWereMeasured() throws IOException {
    Map<String, String> measured = new HashMap<>();
    rows(between("<!-- leaderboard -->", "<!-- end -->"))
        .forEach(cells -> measured.put(cells.get(0), cells.get(2)));

    rates.forEach(
        (method, cells) ->
            assertThat(cells.get(1)).as(method).isEqualTo(plain(measured.get(method))));
    assertThat(rates).hasSizeGreaterThan(4);
  }

  @Test
  void theGuidesTakeThem() throws IOException {
    String config = "LoraConfig\\(8, 16\\)[^`]*?TrainingConfig\\(\\d+, " + NUMBER;
    for (Path page : List.of(Path.of("../README.md"), DOCS.resolve("training.md"))) {
      assertThat(all(config, Files.readString(page)))
          .as("%s", page)
          .isNotEmpty()
          .containsOnly(rate("lora", 1));
    }
    assertThat(
            all("TrainingConfig\\(\\d+, " + NUMBER, Files.readString(DOCS.resolve("training.md"))))
        .containsOnly(rate("lora", 1));
    assertThat(
            all(
                "LoraGaStart\\(\\)[^}]*?TrainingConfig\\(\\d+, " + NUMBER,
                Files.readString(SOURCES.resolve("StartFromData.java"))))
        .containsExactly(rate("lora-ga", 1));
  }

  @Test
  void theNotebooksTakeThoseOfTheTinyModel() throws IOException {
    int found = 0;
    for (Path script : Script.all()) {
      String text = Files.readString(script);
      for (MatchResult contestant :
          matches("Contestant\\(\"(.+?)\", .+?, " + NUMBER + "\\)", text)) {
        String method = contestant.group(1).toLowerCase(Locale.ROOT);
        assertThat(plain(contestant.group(2))).as(method).isEqualTo(rate(method, 2));
        found++;
      }
      List<String> lora = all("(?:TrainingConfig\\(steps, |LearningRate\\()" + NUMBER, text);
      assertThat(lora).as("%s", script).allMatch(rate("lora", 2)::equals);
      found += lora.size();
    }
    assertThat(found).isGreaterThanOrEqualTo(9);
  }

  @Test
  void soDoesTheQuickstart() throws IOException {
    assertThat(
            all(
                "LEARNING_RATE = " + NUMBER + ";",
                Files.readString(COMMANDS.resolve("QuickstartModel.java"))))
        .containsExactly(rate("lora", 2));
    assertThat(
            all(
                "--method dora --lr " + NUMBER,
                Files.readString(COMMANDS.resolve("QuickstartGuide.java"))))
        .containsExactly(rate("dora", 2));
  }

  private String rate(String method, int column) {
    assertThat(rates).containsKey(method);
    return rates.get(method).get(column);
  }

  private static String between(String begin, String end) throws IOException {
    String page = Files.readString(DOCS.resolve("choosing.md"));
    int from = page.indexOf(begin);
    assertThat(from).as(begin).isNotNegative();
    return page.substring(from, page.indexOf(end, from));
  }

  /** The cells of a table without its head. */
  private static List<List<String>> rows(String table) {
    return table
        .lines()
        .filter(line -> line.startsWith("| ") && line.matches(".*\\de-?\\d.*"))
        .map(line -> List.of(line.substring(1).split("\\|")).stream().map(String::strip).toList())
        .filter(cells -> cells.size() > 3)
        .map(cells -> cells.stream().map(LearningRatesTest::plain).toList())
        .toList();
  }

  private static List<String> all(String pattern, String text) {
    return matches(pattern, text).stream().map(found -> plain(found.group(1))).toList();
  }

  private static List<MatchResult> matches(String pattern, String text) {
    return Pattern.compile(pattern).matcher(text).results().toList();
  }

  /** One spelling of a number: 5.0e-03 and 5e-3 are one. */
  private static String plain(String text) {
    return text.matches(NUMBER)
        ? String.format(Locale.ROOT, "%.1e", Double.parseDouble(text))
        : text;
  }
}
