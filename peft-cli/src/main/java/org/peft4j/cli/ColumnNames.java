package org.peft4j.cli;

import org.peft4j.transformers.data.Columns;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code --columns}. */
final class ColumnNames implements ITypeConverter<Columns> {

  @Override
  public Columns convert(String text) {
    try {
      return Columns.parse(text);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
