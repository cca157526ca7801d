package org.peft4j.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Shape;

/** Saves the state of a training and goes on from it. */
final class Checkpoints {

  /** Where checkpoints come by time, saving takes no more than one part in so many. */
  private static final int SHARE = 20;

  private final CheckpointPlan plan;
  private final TrainingStep<?> training;
  private final StepBatches<?> batches;
  private final @Nullable Watch<?> watch;
  private final CheckpointFolder folder;
  private int last = -1;
  private Stopwatch sinceTried = Stopwatch.started();
  private long pause;

  Checkpoints(
      CheckpointPlan plan,
      TrainingStep<?> training,
      StepBatches<?> batches,
      @Nullable Watch<?> watch) {
    this.plan = plan;
    this.training = training;
    this.batches = batches;
    this.watch = watch;
    this.folder = new CheckpointFolder(plan.folder(), plan.keep());
    this.pause = plan.after().map(Checkpoints::nanos).orElse(Long.MAX_VALUE);
  }

  private static long nanos(Duration time) {
    return TimeUnit.NANOSECONDS.convert(time);
  }

  /**
   * Takes training to where the latest checkpoint is that can be read, if that is wanted and
   * further.
   *
   * @return those that cannot be read and were passed over
   */
  List<Trouble> resume() {
    try {
      folder.sweep();
      List<Path> all = folder.all();
      if (!all.isEmpty() && training.number() == 0 && !plan.resume()) {
        throw new IllegalArgumentException(
            all.get(0)
                + " is there already; resume from it, or save the checkpoints of another training"
                + " elsewhere");
      }
      return resume(all);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot go on from " + plan.folder() + ": " + reason(e), e);
    }
  }

  private List<Trouble> resume(List<Path> all) throws IOException {
    Map<Path, IOException> damaged = new LinkedHashMap<>();
    for (Path checkpoint : all) {
      int step = CheckpointFolder.step(checkpoint);
      try {
        if (step > training.number()) {
          restore(checkpoint);
        }
        last = step;
        break;
      } catch (IOException e) {
        damaged.put(checkpoint, e);
      }
    }
    if (last < 0 && training.number() == 0 && !damaged.isEmpty()) {
      throw new AdapterFormatException(nothingLeft(damaged));
    }
    List<Trouble> troubles = new ArrayList<>();
    for (Map.Entry<Path, IOException> entry : damaged.entrySet()) {
      troubles.add(passedOver(entry.getKey(), entry.getValue()));
    }
    return troubles;
  }

  private static String nothingLeft(Map<Path, IOException> damaged) {
    if (damaged.size() == 1) {
      return reason(damaged.values().iterator().next())
          + "; it is the only checkpoint: delete it to begin anew";
    }
    StringBuilder text = new StringBuilder("no checkpoint there can be used:");
    damaged.values().forEach(e -> text.append("\n  ").append(reason(e)));
    return text.append("\ndelete them to begin anew").toString();
  }

  private Trouble passedOver(Path checkpoint, IOException e) throws IOException {
    Path aside = CheckpointFolder.setAside(checkpoint);
    return new Trouble(
        training.number(),
        "the checkpoint %s cannot be used and is called %s now (%s); training goes on from step %d"
            .formatted(checkpoint, aside.getFileName(), reason(e), training.number()),
        e);
  }

  private void restore(Path checkpoint) throws IOException {
    try (SavedState saved = SavedState.read(checkpoint)) {
      saved.requireSame(checkpoint, identity());
      Optional<WatchNotes> watched = WatchNotes.of(checkpoint, saved.notes());
      saved.restore(checkpoint, state(), Watch.BEST);
      training.position(saved.position());
      if (watch != null) {
        watched.ifPresent(watch::recall);
      }
    }
  }

  boolean isDue() {
    boolean bySteps = plan.every().isPresent() && training.number() % plan.every().getAsInt() == 0;
    return bySteps || sinceTried.nanos() >= pause;
  }

  /** Whether there must be one after the last step. */
  boolean wantsLast() {
    return plan.every().isPresent();
  }

  /** Whether steps have been taken since it last saved. */
  boolean isBehind() {
    return last != training.number();
  }

  /** Where the latest checkpoint is. */
  Optional<Path> latest() {
    try {
      return folder.latest();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /**
   * @throws UncheckedIOException if it fails; the checkpoints that were there still are
   */
  CheckpointReport save() {
    Stopwatch time = Stopwatch.started();
    boolean interrupted = Thread.interrupted();
    try {
      while (true) {
        try {
          return saved(time);
        } catch (ClosedByInterruptException e) {
          // Being asked to stop is a reason to save, not to fail in the middle of it.
          interrupted = true;
          Thread.interrupted();
        }
      }
    } catch (IOException e) {
      throw failed(e);
    } finally {
      sinceTried = Stopwatch.started();
      if (plan.after().isPresent()) {
        pause = Math.max(pause, SHARE * time.nanos());
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private CheckpointReport saved(Stopwatch time) throws IOException {
    Path saved = folder.add(training.number(), this::write);
    last = training.number();
    return new CheckpointReport(training.number(), saved, time.seconds());
  }

  /**
   * Deletes the oldest that are too many.
   *
   * @throws UncheckedIOException if that fails
   */
  void trim() {
    try {
      folder.trim();
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot delete old checkpoints in " + plan.folder() + ": " + reason(e), e);
    }
  }

  private UncheckedIOException failed(IOException e) {
    String saved = latest().map(path -> path + " is still there").orElse("there is no earlier one");
    return new UncheckedIOException(
        "cannot save a checkpoint after step %d in %s: %s; %s"
            .formatted(training.number(), plan.folder(), reason(e), saved),
        e);
  }

  private static String reason(IOException e) {
    return e.getMessage() == null ? e.toString() : e.getMessage();
  }

  private void write(Path target) throws IOException {
    training.trainee().save(target);
    new SavedState(training.position(), notes(), identity(), state()).write(target);
  }

  private Map<String, Buffer> state() {
    Map<String, Buffer> state = training.state();
    if (watch != null) {
      state.putAll(watch.state());
    }
    return state;
  }

  private Map<String, String> notes() {
    return watch == null ? Map.of() : watch.notes().texts();
  }

  /** What must be the same for training to go on to the same values. */
  private Map<String, String> identity() {
    Map<String, String> identity = new LinkedHashMap<>(training.trainee().identity());
    identity.putAll(batches.identity());
    identity.put("seed", String.valueOf(training.config().seed()));
    identity.put("optimizer", training.config().optimizer().getClass().getSimpleName());
    training
        .parameters()
        .tensors()
        .forEach(
            (name, tensor) -> {
              Shape shape = tensor.shape();
              identity.put("trained " + name, tensor.type().fileName() + " " + shape);
            });
    return identity;
  }
}
