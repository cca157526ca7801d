package org.peft4j.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NativeThreadsTest {

  private static final String PROPERTY = "peft4j.threads";

  @AfterEach
  void forget() {
    System.clearProperty(PROPERTY);
  }

  @Test
  void aThreadChoosesForItselfAndForAWhile() {
    int usual = NativeThreads.usual();
    int inside =
        NativeThreads.during(
            usual + 1,
            () -> {
              NativeThreads.during(
                  usual + 2, () -> assertThat(NativeThreads.here()).isEqualTo(usual + 2));
              assertThat(CompletableFuture.supplyAsync(NativeThreads::here).join())
                  .isEqualTo(usual);
              return NativeThreads.here();
            });

    assertThat(inside).isEqualTo(usual + 1);
    assertThat(NativeThreads.here()).isEqualTo(usual);
  }

  @Test
  void theChoiceEndsWithAFailureToo() {
    int usual = NativeThreads.usual();
    try {
      NativeThreads.during(usual + 1, NativeThreadsTest::fail);
    } catch (IOException expected) {
      assertThat(NativeThreads.here()).isEqualTo(usual);
    }
  }

  private static int fail() throws IOException {
    throw new IOException();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, 10_000})
  void refusesWhatIsNoNumberOfThreads(int threads) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> NativeThreads.during(threads, () -> {}))
        .withMessage("threads must be from 1 to 9999 but was " + threads);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "two", "10000", "1.5", " 2"})
  void refusesAPropertyThatIsNoNumberOfThreads(String value) {
    System.setProperty(PROPERTY, value);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> NativeEnvironment.threads(Map.of()))
        .withMessage("-Dpeft4j.threads must be a number from 1 to 9999 but was " + value);
  }

  @Test
  void thePropertyCountsMoreThanTheEnvironment() {
    System.setProperty(PROPERTY, "3");

    assertThat(NativeEnvironment.threads(Map.of("OMP_NUM_THREADS", "5"))).isEqualTo(3);
  }
}
