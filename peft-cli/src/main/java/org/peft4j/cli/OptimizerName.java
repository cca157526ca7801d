package org.peft4j.cli;

import java.util.List;
import org.peft4j.nd4j.UpdaterSettings;
import org.peft4j.train.AdamWSettings;
import org.peft4j.train.Optimizer;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code --optimizer}. */
record OptimizerName(String name) {

  private static final String ADAMW = "adamw";
  private static final List<String> UPDATERS =
      List.of("adagrad", "adamax", "amsgrad", "nadam", "nesterovs", "rmsprop", "sgd");

  boolean isAdamW() {
    return name.equals(ADAMW);
  }

  Optimizer with(AdamWSettings settings) {
    return isAdamW()
        ? settings
        : new UpdaterSettings(NamedUpdater.of(name), settings.weightDecay());
  }

  /** Reads the option. */
  static final class Converter implements ITypeConverter<OptimizerName> {

    @Override
    public OptimizerName convert(String text) {
      if (!text.equals(ADAMW) && !UPDATERS.contains(text)) {
        throw new TypeConversionException(
            "must be %s or one of ND4J's %s but was %s".formatted(ADAMW, UPDATERS, text));
      }
      return new OptimizerName(text);
    }
  }
}
