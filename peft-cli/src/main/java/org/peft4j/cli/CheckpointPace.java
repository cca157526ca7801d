package org.peft4j.cli;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import org.peft4j.settings.Require;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * How often checkpoints come.
 *
 * @param steps between two, if they come by steps
 * @param time between two, if they come by time
 */
record CheckpointPace(OptionalInt steps, Optional<Duration> time) {

  static CheckpointPace of(int steps) {
    return new CheckpointPace(OptionalInt.of(steps), Optional.empty());
  }

  static CheckpointPace of(Duration time) {
    return new CheckpointPace(OptionalInt.empty(), Optional.of(time));
  }

  /** Reads {@code --checkpoint-every}: {@code 50}, {@code 10m}. */
  static final class Converter implements ITypeConverter<CheckpointPace> {

    @Override
    public CheckpointPace convert(String text) {
      if (!text.matches("-?\\d{1,9}")) {
        try {
          return of(new TimeLimit().convert(text));
        } catch (TypeConversionException e) {
          throw new TypeConversionException(
              "must be a number of steps, or a time such as 90s or 10m, but was " + text);
        }
      }
      try {
        return of(Require.positive("--checkpoint-every", Integer.parseInt(text)));
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }
}
