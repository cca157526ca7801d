package org.peft4j.examples.cli;

import org.peft4j.train.Decay;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code --lr-schedule}. */
final class Schedule implements ITypeConverter<Decay> {

  @Override
  public Decay convert(String text) {
    return switch (text) {
      case "constant" -> Decay.CONSTANT;
      case "linear" -> Decay.LINEAR;
      case "cosine" -> Decay.COSINE;
      default ->
          throw new TypeConversionException("must be constant, linear or cosine but was " + text);
    };
  }
}
