package org.peft4j.cli;

import org.peft4j.train.DecayToward;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code --decay-toward}. */
final class DecayPlace implements ITypeConverter<DecayToward> {

  @Override
  public DecayToward convert(String text) {
    return switch (text) {
      case "zero" -> DecayToward.ZERO;
      case "start" -> DecayToward.START;
      default -> throw new TypeConversionException("must be zero or start but was " + text);
    };
  }
}
