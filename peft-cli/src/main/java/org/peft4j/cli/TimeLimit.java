package org.peft4j.cli;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code --time-limit}: {@code 90s}, {@code 30m}, {@code 1h30m}. */
final class TimeLimit implements ITypeConverter<Duration> {

  @Override
  public Duration convert(String text) {
    try {
      Duration limit = Duration.parse("PT" + text.toUpperCase(Locale.ROOT));
      if (limit.isNegative() || limit.isZero()) {
        throw new TypeConversionException("must be above 0 but was " + text);
      }
      return limit;
    } catch (DateTimeParseException e) {
      throw new TypeConversionException("must be such as 90s, 30m or 1h30m but was " + text);
    }
  }
}
