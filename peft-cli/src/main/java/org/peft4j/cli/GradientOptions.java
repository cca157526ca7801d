package org.peft4j.cli;

import org.peft4j.settings.Require;
import org.peft4j.train.FaultPolicy;
import org.peft4j.train.Gradients;
import picocli.CommandLine.Option;

/** How the gradient of a step comes about. */
@Heading(TrainingOptions.HEADING)
final class GradientOptions {

  @Option(
      names = "--grad-accumulation",
      paramLabel = "N",
      defaultValue = "1",
      description = "Batches that make up one step. Default: ${DEFAULT-VALUE}.")
  private int accumulation;

  @Option(
      names = "--clip",
      paramLabel = "X",
      defaultValue = "1",
      description = "Largest length of the gradient; 0 for any. Default: ${DEFAULT-VALUE}.")
  private double clip;

  @Option(
      names = "--skip-faults",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Leave out up to N steps in a row whose numbers are not finite. Default: stop at the"
              + " first.")
  private int skips;

  @Option(
      names = "--activation-checkpointing",
      description = "Compute each block again for its gradient: less memory, more time.")
  private boolean activationCheckpointing;

  void check() {
    Require.notNegative("--skip-faults", skips);
    Require.positive("--grad-accumulation", accumulation);
    Require.notNegative("--clip", clip);
  }

  Gradients gradients() {
    return new Gradients(accumulation, clip, new FaultPolicy(skips), activationCheckpointing);
  }
}
