package org.peft4j.cli;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.peft4j.transformers.data.RowFormat;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code --format}. */
final class RowFormatName implements ITypeConverter<RowFormat> {

  @Override
  public RowFormat convert(String text) {
    return Arrays.stream(RowFormat.values())
        .filter(format -> format.toString().equals(text))
        .findFirst()
        .orElseThrow(() -> new TypeConversionException("must be " + names() + " but was " + text));
  }

  private static String names() {
    return Arrays.stream(RowFormat.values())
        .map(RowFormat::toString)
        .collect(Collectors.joining(", "));
  }
}
