package org.peft4j.cli;

import org.peft4j.transformers.data.TooLong;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code --too-long}. */
final class TooLongPolicy implements ITypeConverter<TooLong> {

  @Override
  public TooLong convert(String text) {
    return switch (text) {
      case "cut" -> TooLong.CUT;
      case "refuse" -> TooLong.REFUSE;
      case "skip" -> TooLong.SKIP;
      default -> throw new TypeConversionException("must be cut, refuse or skip but was " + text);
    };
  }
}
