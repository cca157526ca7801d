package org.peft4j.examples.cli;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.peft4j.train.StepReport;
import org.peft4j.train.TrainingListener;

/** Writes one JSON object per step, on the disk as soon as the step is done. */
final class MetricsFile implements TrainingListener, AutoCloseable {

  private final BufferedWriter lines;

  MetricsFile(Path file) throws IOException {
    lines = Files.newBufferedWriter(file);
  }

  @Override
  public void onStep(StepReport step) {
    Facts facts =
        new Facts()
            .with("step", step.step())
            .with("loss", step.loss())
            .with("lr", step.learningRate())
            .with("tokens", (long) step.weight())
            .with("tokens_per_second", step.rate());
    try {
      lines.write(facts.json());
      lines.write('\n');
      lines.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
