package org.peft4j.cli;

import org.peft4j.train.Warmup;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code --warmup}: steps, or a share of all steps such as {@code 5%}. */
final class WarmupLength implements ITypeConverter<Warmup> {

  @Override
  public Warmup convert(String text) {
    try {
      return text.endsWith("%")
          ? Warmup.share(Double.parseDouble(text.substring(0, text.length() - 1)) / 100)
          : Warmup.steps(Integer.parseInt(text));
    } catch (NumberFormatException e) {
      throw new TypeConversionException(
          "must be a number of steps, or such as 5%, but was " + text);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
