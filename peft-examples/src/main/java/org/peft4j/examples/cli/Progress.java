package org.peft4j.examples.cli;

import java.io.PrintWriter;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.peft4j.train.StepReport;
import org.peft4j.train.TrainingListener;

/** Shows on standard error how far training is: a bar to people, a few lines to log files. */
interface Progress extends TrainingListener, AutoCloseable {

  @Override
  void close();

  /** What suits where standard error goes. */
  static Progress of(Output output, int steps) {
    return !output.isForPrograms() && isTerminal() ? bar(steps) : lines(output.progress(), steps);
  }

  private static boolean isTerminal() {
    // The launcher knows; without it, from Java 22 on a console exists even where none is.
    return Boolean.getBoolean("peft4j.terminal")
        || (Runtime.version().feature() < 22 && System.console() != null);
  }

  private static Progress bar(int steps) {
    ProgressBar bar = new ProgressBarBuilder().setTaskName("training").setInitialMax(steps).build();
    return new Progress() {
      @Override
      public void onStep(StepReport step) {
        bar.setExtraMessage(String.format(Locale.ROOT, " loss %.4f", step.loss()));
        bar.stepTo(step.step());
      }

      @Override
      public void close() {
        bar.close();
      }
    };
  }

  private static Progress lines(PrintWriter out, int steps) {
    int between = Math.max(1, steps / 10);
    return new Progress() {
      @Override
      public void onStep(StepReport step) {
        if (step.step() % between == 0 || step.step() == 1) {
          out.printf(
              Locale.ROOT,
              "step %d of %d: loss %.4f, %.0f tokens/s%n",
              step.step(),
              steps,
              step.loss(),
              step.rate());
          out.flush();
        }
      }

      @Override
      public void close() {}
    };
  }
}
