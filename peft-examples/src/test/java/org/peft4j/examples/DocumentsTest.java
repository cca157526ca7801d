package org.peft4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The documents: all are listed, and what they link to is there. */
class DocumentsTest {

  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Path DOCS = ROOT.resolve("docs");
  private static final Path INDEX = DOCS.resolve("README.md");
  private static final Pattern CODE = Pattern.compile("(?ms)^```.*?^```$");
  private static final Pattern LINK = Pattern.compile("]\\(([^)\\s]+)\\)");
  private static final Pattern HEADING = Pattern.compile("(?m)^#+ +(.+?) *$");

  /** All pages of {@code docs}. */
  static List<Path> pages() throws IOException {
    return markdown(Files.walk(DOCS));
  }

  /** Those, and the ones beside the source. */
  static List<Path> documents() throws IOException {
    return Stream.concat(markdown(Files.list(ROOT)).stream(), pages().stream()).toList();
  }

  private static List<Path> markdown(Stream<Path> files) {
    try (files) {
      return files.filter(file -> file.toString().endsWith(".md")).sorted().toList();
    }
  }

  @Test
  void theIndexNamesEveryPage() throws IOException {
    List<Path> named = links(INDEX).stream().map(link -> target(INDEX, link)).toList();

    assertThat(named).containsAll(pages().stream().filter(page -> !page.equals(INDEX)).toList());
  }

  @ParameterizedTest
  @MethodSource("documents")
  void linksLeadSomewhere(Path document) throws IOException {
    for (String link : links(document)) {
      Path target = target(document, link);
      assertThat(target).as(link).exists();
      if (link.contains("#")) {
        assertThat(anchors(target)).as(link).contains(link.substring(link.indexOf('#') + 1));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"Not measured yet, not-measured-yet", "`Tape.once`: twice?, tapeonce-twice"})
  void anAnchorIsItsHeading(String heading, String anchor) {
    assertThat(anchor(heading)).isEqualTo(anchor);
  }

  /** To files of the project. */
  private static List<String> links(Path document) throws IOException {
    return LINK.matcher(prose(document))
        .results()
        .map(found -> found.group(1))
        .filter(link -> !link.contains("://"))
        .toList();
  }

  private static Path target(Path document, String link) {
    String file = link.replaceFirst("#.*", "");
    return file.isEmpty() ? document : document.resolveSibling(file).normalize();
  }

  private static Set<String> anchors(Path document) throws IOException {
    return HEADING
        .matcher(prose(document))
        .results()
        .map(found -> anchor(found.group(1)))
        .collect(Collectors.toSet());
  }

  private static String prose(Path document) throws IOException {
    return CODE.matcher(Files.readString(document)).replaceAll("");
  }

  /** What GitHub makes of a heading. */
  private static String anchor(String heading) {
    return heading.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-');
  }
}
