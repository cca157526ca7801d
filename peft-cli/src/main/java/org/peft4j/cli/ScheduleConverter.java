package org.peft4j.cli;

import java.util.function.DoubleFunction;
import org.peft4j.train.Schedule;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code --lr-schedule}. */
final class ScheduleConverter implements ITypeConverter<Schedule> {

  @Override
  public Schedule convert(String text) {
    String[] parts = text.split(":", 2);
    return switch (parts[0]) {
      case "constant" -> plain(parts, Schedule.CONSTANT);
      case "linear" -> plain(parts, Schedule.LINEAR);
      case "cosine" -> plain(parts, Schedule.COSINE);
      case "cosine_with_restarts" ->
          number(parts, 2, cycles -> Schedule.cosineWithRestarts((int) cycles));
      case "polynomial" -> number(parts, 1, power -> Schedule.polynomial(power, 0));
      default ->
          throw new TypeConversionException(
              "must be constant, linear, cosine, cosine_with_restarts or polynomial but was "
                  + text);
    };
  }

  private static Schedule plain(String[] parts, Schedule schedule) {
    if (parts.length > 1) {
      throw new TypeConversionException(parts[0] + " takes no number but got " + parts[1]);
    }
    return schedule;
  }

  private static Schedule number(String[] parts, double usual, DoubleFunction<Schedule> schedule) {
    try {
      return schedule.apply(parts.length > 1 ? Double.parseDouble(parts[1]) : usual);
    } catch (NumberFormatException e) {
      throw new TypeConversionException(
          "wants a number after " + parts[0] + ": but got " + parts[1]);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
