package org.peft4j.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.peft4j.cli.tiny.PretrainTinyModel;
import org.peft4j.listeners.ProgressBarListener;
import org.peft4j.settings.Require;
import org.peft4j.train.Evaluation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Makes the tiny model again that comes with the library. Of no use to others, so not listed. */
@Command(
    name = "pretrain-tiny",
    hidden = true,
    description = "Makes the tiny model that the quickstart fine-tunes, from nothing.")
final class PretrainTinyCommand implements Callable<Integer> {

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Where to write the model; a new or empty folder.")
  private Path out;

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "" + PretrainTinyModel.STEPS,
      description = "Optimizer steps. Default: ${DEFAULT-VALUE}.")
  private int steps;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "" + PretrainTinyModel.SEED,
      description = "Of the first weights and of the stories. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Mixin private ThreadsOption threads;
  @Mixin private Output output;

  @Override
  public Integer call() throws IOException {
    Require.positive("--steps", steps);
    threads.check();
    Places.newFolder("--out", out);
    Places.requireEmpty("--out", out);
    threads.use();
    long start = System.nanoTime();
    Evaluation stories;
    try (ProgressBarListener progress = Progress.of(output)) {
      stories = new PretrainTinyModel(out, seed, steps).run(progress);
    }
    output.results(
        new Facts()
            .with("loss", stories.loss())
            .with("perplexity", stories.perplexity())
            .with("steps", steps)
            .with("seconds", (System.nanoTime() - start) / 1e9)
            .with("peak_rss_mib", PeakMemory.mebibytes())
            .with("out", out.toString()));
    return 0;
  }
}
