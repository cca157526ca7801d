package org.peft4j.adapters;

import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Everything that is compared with Hugging Face PEFT's numbers, for each of a method's cases. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
interface GoldenContract {

  /** The cases, with a tolerance each. */
  Stream<GoldenCases<?>> cases();

  @ParameterizedTest
  @MethodSource("cases")
  default void startMatches(GoldenCases<?> golden) throws IOException {
    golden.startMatches();
  }

  @ParameterizedTest
  @MethodSource("cases")
  default void generalPointMatches(GoldenCases<?> golden) throws IOException {
    golden.generalPointMatches();
  }

  @ParameterizedTest
  @MethodSource("cases")
  default void stepsOfAdamWMatch(GoldenCases<?> golden) throws IOException {
    golden.stepsOfAdamWMatch();
  }

  @ParameterizedTest
  @MethodSource("cases")
  default void trainedFileGivesTheSameNumbers(GoldenCases<?> golden) throws IOException {
    golden.trainedFileGivesTheSameNumbers();
  }

  @ParameterizedTest
  @MethodSource("cases")
  default void writesWhatItRead(GoldenCases<?> golden, @TempDir Path directory) throws IOException {
    golden.writesWhatItRead(directory);
  }
}
