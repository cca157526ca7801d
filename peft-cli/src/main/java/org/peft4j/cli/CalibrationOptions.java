package org.peft4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.peft4j.Preparation;
import org.peft4j.StartListener;
import org.peft4j.calibrate.Calibration;
import org.peft4j.calibrate.Statistics;
import org.peft4j.initializer.FromData;
import org.peft4j.io.AtomicFolders;
import org.peft4j.settings.Require;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.transformers.LanguageModel;
import org.peft4j.transformers.data.Batches;
import org.peft4j.transformers.model.TokenBatch;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** What initializers that want to see data get to see. */
@Heading("Starts that look at data")
final class CalibrationOptions {

  private static final int MEBIBYTE = 1 << 20;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Uses.Without("--adapter")
  @Option(
      names = "--calibrate",
      paramLabel = "FILE",
      description =
          "Examples that starts such as corda-kpm, eva and lora-ga look at. Default: those of"
              + " --data.")
  private @Nullable Path data;

  @Uses.Without("--adapter")
  @Option(
      names = "--calibration-batches",
      paramLabel = "N",
      defaultValue = "64",
      description = "The most batches that they look at. Default: ${DEFAULT-VALUE}.")
  private int batches;

  @Uses.Without("--adapter")
  @Option(
      names = "--calibration-memory",
      paramLabel = "MIB",
      description =
          "About how much memory to gather in; what does not fit waits for another pass. Default:"
              + " any.")
  private @Nullable Integer mebibytes;

  @Uses.Without("--adapter")
  @Option(
      names = "--statistics",
      paramLabel = "FILE",
      description =
          "Read what was found out from this file if it is there; else find out and write it.")
  private @Nullable Path statistics;

  void check() throws IOException {
    if (data != null) {
      Places.file("--calibrate", data);
    }
    Require.positive("--calibration-batches", batches);
    if (mebibytes != null) {
      Require.positive("--calibration-memory", mebibytes);
    }
    if (statistics != null && !Files.exists(statistics)) {
      Places.newFile("--statistics", statistics);
    }
  }

  /** Makes sure that nothing was asked for that an adapter which starts so has no use for. */
  void requireUse(AdapterSpec spec) {
    ParseResult parsed = command.commandLine().getParseResult();
    if (!looks(spec)) {
      Uses.refuse(
          parsed,
          "here: this start looks at no data",
          "--calibrate",
          "--calibration-batches",
          "--calibration-memory",
          "--statistics");
    }
    if (statistics != null && Files.exists(statistics)) {
      Uses.refuse(
          parsed,
          "beside --statistics " + statistics + ", which is there and is read",
          "--calibrate",
          "--calibration-batches",
          "--calibration-memory");
    }
  }

  /** Where to find examples to look at instead of the training data. */
  Optional<Path> data() {
    return Optional.ofNullable(data);
  }

  /** What the start of {@code spec} may look at: batches of {@code examples}, if anything. */
  Preparation preparation(
      LanguageModel model, AdapterSpec spec, Batches examples, StartListener listener)
      throws IOException {
    if (!looks(spec)) {
      return Preparation.NONE.heardBy(listener);
    }
    Calibration<TokenBatch> calibration = calibration(model, examples);
    if (statistics == null) {
      return Preparation.on(calibration).heardBy(listener);
    }
    if (!Files.exists(statistics)) {
      Statistics gathered = model.peft().gather(calibration, listener, spec);
      AtomicFolders.create(Places.around(statistics));
      gathered.save(statistics);
    }
    return Preparation.knowing(Statistics.load(statistics)).heardBy(listener);
  }

  private Calibration<TokenBatch> calibration(LanguageModel model, Batches examples) {
    Calibration<TokenBatch> all = model.model().calibration(() -> examples.epochs(1));
    Calibration<TokenBatch> bounded = all.showingAtMost(batches);
    return mebibytes == null ? bounded : bounded.within((long) mebibytes * MEBIBYTE);
  }

  private static boolean looks(AdapterSpec spec) {
    return spec.initializer().filter(FromData.class::isInstance).isPresent();
  }
}
