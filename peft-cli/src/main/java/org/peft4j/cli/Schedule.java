package org.peft4j.cli;

import java.util.function.DoubleFunction;
import org.peft4j.train.Decay;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code --lr-schedule}. */
final class Schedule implements ITypeConverter<Decay> {

  @Override
  public Decay convert(String text) {
    String[] parts = text.split(":", 2);
    return switch (parts[0]) {
      case "constant" -> plain(parts, Decay.CONSTANT);
      case "linear" -> plain(parts, Decay.LINEAR);
      case "cosine" -> plain(parts, Decay.COSINE);
      case "cosine_with_restarts" ->
          number(parts, 2, cycles -> Decay.cosineWithRestarts((int) cycles));
      case "polynomial" -> number(parts, 1, power -> Decay.polynomial(power, 0));
      default ->
          throw new TypeConversionException(
              "must be constant, linear, cosine, cosine_with_restarts or polynomial but was "
                  + text);
    };
  }

  private static Decay plain(String[] parts, Decay decay) {
    if (parts.length > 1) {
      throw new TypeConversionException(parts[0] + " takes no number but got " + parts[1]);
    }
    return decay;
  }

  private static Decay number(String[] parts, double usual, DoubleFunction<Decay> decay) {
    try {
      return decay.apply(parts.length > 1 ? Double.parseDouble(parts[1]) : usual);
    } catch (NumberFormatException e) {
      throw new TypeConversionException(
          "wants a number after " + parts[0] + ": but got " + parts[1]);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
