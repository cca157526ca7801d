package org.peft4j.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * The folder of golden files and small models that lies beside the checkout. Without it the tests
 * that want it are skipped, and say so.
 */
public final class Shared {

  private Shared() {}

  /** A file or folder in it; where that is absent the running test is skipped. */
  public static Path require(String relative) {
    Optional<Path> found = root().map(root -> root.resolve(relative)).filter(Files::exists);
    if (found.isEmpty()) {
      String reason =
          "skipped: no "
              + relative
              + " in the folder 'shared' beside the checkout; PEFT4J_SHARED names another";
      System.out.println(reason);
      Assumptions.abort(reason);
    }
    return found.orElseThrow();
  }

  private static Optional<Path> root() {
    return named().or(Shared::besideCheckout).map(Shared::withoutLinks);
  }

  /** Walking a folder does not follow links. */
  private static Path withoutLinks(Path root) {
    try {
      return root.toRealPath();
    } catch (IOException e) {
      return root;
    }
  }

  private static Optional<Path> named() {
    return Stream.of(System.getProperty("PEFT4J_SHARED"), System.getenv("PEFT4J_SHARED"))
        .filter(name -> name != null && !name.isBlank())
        .map(Path::of)
        .findFirst();
  }

  /** Modules run their tests in their own folder, so the checkout lies somewhere above. */
  private static Optional<Path> besideCheckout() {
    return Stream.iterate(Path.of("").toAbsolutePath(), d -> d != null, Path::getParent)
        .filter(directory -> Files.isDirectory(directory.resolve(".mvn")))
        .findFirst()
        .map(checkout -> checkout.resolveSibling("shared"));
  }
}
