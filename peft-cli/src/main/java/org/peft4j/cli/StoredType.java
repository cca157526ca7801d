package org.peft4j.cli;

import org.peft4j.kernel.DataType;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code --dtype}. */
final class StoredType implements ITypeConverter<DataType> {

  @Override
  public DataType convert(String text) {
    return switch (text) {
      case "f32" -> DataType.FLOAT32;
      case "bf16" -> DataType.BFLOAT16;
      case "f16" -> DataType.FLOAT16;
      default -> throw new TypeConversionException("must be f32, bf16 or f16 but was " + text);
    };
  }
}
