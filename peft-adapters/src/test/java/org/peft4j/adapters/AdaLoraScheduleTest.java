package org.peft4j.adapters;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AdaLoraScheduleTest {

  /** 6 + 6·(1 − (t − 2)/8)³ rounded down, worked out by hand. */
  @Test
  void fallsAsTheCubeOfWhatIsLeft() {
    AdaLoraSchedule schedule = new AdaLoraSchedule(12, 6, 2, 10, 1);

    assertThat(IntStream.range(0, 14).map(schedule::budget).toArray())
        .containsExactly(12, 12, 12, 10, 8, 7, 6, 6, 6, 6, 6, 6, 6, 6);
  }

  @Test
  void choosesEveryDeltaStepsAndFromTheLastOn() {
    AdaLoraSchedule schedule = new AdaLoraSchedule(12, 6, 2, 10, 3);

    int[] chosen = IntStream.range(0, 14).filter(schedule::chooses).toArray();

    assertThat(chosen).containsExactly(3, 6, 9, 10, 11, 12, 13);
    assertThat(Arrays.stream(new int[] {9, 10, 11}).mapToObj(schedule::observes))
        .containsExactly(true, false, false);
  }
}
