package org.peft4j.listeners;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.peft4j.train.Evaluation;
import org.peft4j.train.EvaluationReport;
import org.peft4j.train.StepReport;
import org.peft4j.train.TrainingListener;
import org.peft4j.train.TrainingReport;
import org.peft4j.train.TrainingStart;

/**
 * Writes event files for TensorBoard ({@code tensorboard --logdir <the folder>}), with the scalars
 * {@code train/loss}, {@code train/learning_rate}, {@code train/grad_norm}, {@code
 * train/tokens_per_second}, {@code train/epoch} and {@code train/<measure>} of every step and
 * {@code eval/loss}, {@code eval/perplexity} and {@code eval/<measure>} of every evaluation.
 *
 * <p>A folder holds one run; the name of the folder is the name of the run. Training that goes on
 * from a checkpoint adds a file, which tells TensorBoard to forget what other files say of later
 * steps; training that begins makes it forget all of them. An event is in the file as soon as its
 * step is done.
 */
public final class TensorBoardListener implements TrainingListener, AutoCloseable {

  private final Path folder;
  private final Clock clock;
  private @Nullable RecordFile file;

  /**
   * Touches nothing before training begins.
   *
   * @param folder is made if it is not there
   */
  public TensorBoardListener(Path folder) {
    this(folder, Clock.systemUTC());
  }

  TensorBoardListener(Path folder, Clock clock) {
    this.folder = Objects.requireNonNull(folder, "folder");
    this.clock = clock;
  }

  /**
   * @throws java.io.UncheckedIOException if the folder cannot be written
   */
  @Override
  public void onStart(TrainingStart start) {
    close();
    opened(start.step());
  }

  private RecordFile opened(int step) {
    if (file == null) {
      file = begun(create(), step);
    }
    return file;
  }

  /** A file without these two would not be read. */
  private RecordFile begun(RecordFile created, int step) {
    try {
      created.add(TensorBoardEvents.version(wallTime()));
      created.add(TensorBoardEvents.startOf(step + 1, wallTime()));
      return created;
    } catch (UncheckedIOException e) {
      created.discard();
      throw e;
    }
  }

  /** TensorBoard reads the files of a folder in the order of their names. */
  private RecordFile create() {
    String name =
        StepText.format("events.out.tfevents.%010d.%s", clock.instant().getEpochSecond(), host());
    try {
      Files.createDirectories(folder);
      for (int same = 0; ; same++) {
        try {
          return new RecordFile(folder.resolve(same == 0 ? name : name + "." + same));
        } catch (FileAlreadyExistsException e) {
          continue;
        }
      }
    } catch (IOException e) {
      throw WholeFile.failure(folder, e);
    }
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "localhost";
    }
  }

  @Override
  public void onStep(StepReport step) {
    Map<String, Double> scalars = new LinkedHashMap<>();
    scalars.put("train/loss", step.loss());
    scalars.put("train/learning_rate", step.learningRate());
    scalars.put("train/grad_norm", step.gradientNorm());
    scalars.put("train/tokens_per_second", step.rate());
    scalars.put("train/epoch", step.epoch());
    step.measures().forEach((name, value) -> scalars.putIfAbsent("train/" + name, value));
    add(step.step(), step.step() - 1, scalars);
  }

  @Override
  public void onEvaluation(EvaluationReport report) {
    Evaluation evaluation = report.evaluation();
    Map<String, Double> scalars = new LinkedHashMap<>();
    scalars.put("eval/loss", evaluation.loss());
    scalars.put("eval/perplexity", evaluation.perplexity());
    evaluation.measures().forEach((name, value) -> scalars.putIfAbsent("eval/" + name, value));
    add(report.step(), report.step(), scalars);
  }

  private void add(int step, int done, Map<String, Double> scalars) {
    opened(done).add(TensorBoardEvents.scalars(step, wallTime(), scalars));
  }

  private double wallTime() {
    Instant now = clock.instant();
    return now.getEpochSecond() + now.getNano() / 1e9;
  }

  @Override
  public void onEnd(TrainingReport report) {
    close();
  }

  @Override
  public void close() {
    if (file != null) {
      RecordFile closing = file;
      file = null;
      closing.close();
    }
  }
}
