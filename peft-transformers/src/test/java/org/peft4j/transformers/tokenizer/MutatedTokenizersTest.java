package org.peft4j.transformers.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.testkit.ChildJvm;
import org.peft4j.testkit.Shared;

/**
 * Whatever is wrong with a {@code tokenizer.json}, the process lives. {@code
 * -Dpeft4j.tokenizer.mutations=2500} tries more than the few hundred of an ordinary build.
 */
class MutatedTokenizersTest {

  private static final int WANTED = Integer.getInteger("peft4j.tokenizer.mutations", 250);

  private static final Map<String, Integer> SHARES =
      new TreeMap<>(
          Map.of(
              "data/stories260K-hf", 70,
              "data/minilm-l6-v2", 15,
              "data/tokenizers/bert-uncased", 8,
              "data/tokenizers/gpt2", 7));

  @TempDir Path folder;

  @Test
  void noMutationEndsTheProcess() throws Exception {
    List<String> deaths = new ArrayList<>();
    Map<String, Integer> outcomes = new TreeMap<>();
    for (Map.Entry<String, Integer> share : SHARES.entrySet()) {
      Path file = Shared.require(share.getKey()).resolve("tokenizer.json");
      run(file, WANTED * share.getValue() / 100, outcomes, deaths);
    }
    assertThat(deaths).as("of " + outcomes).isEmpty();
    assertThat(outcomes.getOrDefault("used", 0)).isGreaterThan(WANTED / 10);
    assertThat(outcomes.getOrDefault("refused", 0)).isGreaterThan(WANTED / 10);
  }

  private void run(Path file, int count, Map<String, Integer> outcomes, List<String> deaths)
      throws Exception {
    int next = 0;
    while (next < count) {
      List<String> lines = lines(file, next, count - next);
      lines.stream()
          .filter(line -> !line.startsWith("begin"))
          .forEach(line -> outcomes.merge(line.replaceAll(" .*", ""), 1, Integer::sum));
      String last = lines.isEmpty() ? "nothing" : lines.get(lines.size() - 1);
      if (!last.matches("(used|refused) " + (count - 1))) {
        deaths.add(file + ": " + last);
        next = Integer.parseInt(last.replaceAll("\\D+", "")) + 1;
      } else {
        next = count;
      }
    }
  }

  private List<String> lines(Path file, int first, int count) throws IOException {
    Path errors = folder.resolve("errors");
    List<String> options =
        List.of(
            "-Xmx512m",
            "-XX:+UseSerialGC",
            "-XX:-CreateCoredumpOnCrash",
            "-XX:ErrorFile=" + folder.resolve("hs"));
    Process process =
        ChildJvm.of(options, TokenizerMutationRun.class, file, folder, first, count)
            .redirectError(errors.toFile())
            .start();
    List<String> lines = new ArrayList<>();
    try (BufferedReader reader = process.inputReader()) {
      reader.lines().filter(line -> line.matches("(begin|used|refused) \\d+")).forEach(lines::add);
    }
    return lines;
  }
}
