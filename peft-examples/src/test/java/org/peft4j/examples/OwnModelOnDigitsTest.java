package org.peft4j.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.Peft;
import org.peft4j.examples.OwnModelOnDigits.Network;
import org.peft4j.store.ModelFile;
import org.peft4j.testkit.Shared;

/** The program on a tenth of MNIST. */
class OwnModelOnDigitsTest {

  private static final int NEW = 2;
  private static final int MERGED = 3;
  private static final int KNOWN = 4;
  private static final int OFF = 5;

  @TempDir static Path folder;
  private static String told;
  private static final Map<String, List<String>> ROWS = new HashMap<>();

  @BeforeAll
  static void run() throws IOException {
    String mnist = Shared.require("data/mnist").toString();
    told = Printed.by(() -> OwnModelOnDigits.main(mnist, folder.toString(), "6000"));
    told.lines()
        .filter(line -> line.startsWith("| "))
        .map(line -> List.of(line.substring(2).split(" *\\| *", -1)))
        .forEach(cells -> ROWS.put(cells.get(0), cells));
  }

  @Test
  void theBaseKnowsWhatItWasTrainedOnAndNothingElse() {
    assertThat(percent("base", KNOWN)).isGreaterThan(96);
    assertThat(percent("base", NEW)).isZero();
  }

  @Test
  void everyMethodLearnsTheNewDigits() {
    assertThat(adapted()).hasSize(5);
    for (String method : adapted()) {
      assertThat(percent(method, NEW)).as(method).isGreaterThan(85);
    }
    assertThat(ROWS.get("LoRA").get(1)).isEqualTo("9,482");
    assertThat(ROWS.get("SVFit").get(1)).isEqualTo("778");
  }

  @Test
  void switchedOffItIsTheBase() {
    for (String method : adapted()) {
      assertThat(percent(method, OFF)).as(method).isEqualTo(percent("base", KNOWN));
      assertThat(percent(method, KNOWN)).as(method).isLessThan(20);
    }
  }

  @Test
  void mergedItAnswersTheSame() {
    for (String method : adapted()) {
      assertThat(percent(method, MERGED)).as(method).isCloseTo(percent(method, NEW), within(0.05));
    }
  }

  @Test
  void theAdapterThatIsAtWorkAnswers() {
    assertThat(told).contains("shown [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]");
    assertThat(told).containsPattern("base  \\[., 2, 1, 0, 4, 1, 4, ., ., .\\]");
    assertThat(told).containsPattern("LoRA  \\[7, ., ., ., ., ., ., 9, ., 9\\]");
  }

  @Test
  void baseAndAdaptersAreSaved() throws IOException {
    Network base = ModelFile.load(folder.resolve("base.safetensors"), Network::of);
    var peft = Peft.host(base);
    for (String method : adapted()) {
      peft.load(folder.resolve(method), method);
    }

    assertThat(peft.with("LoRA").report().trainable()).isEqualTo(9482);
  }

  private static List<String> adapted() {
    List<String> methods = new ArrayList<>(ROWS.keySet());
    methods.removeAll(List.of("", "base"));
    return methods;
  }

  private static double percent(String method, int column) {
    return Double.parseDouble(ROWS.get(method).get(column).replace(" %", ""));
  }
}
