package org.peft4j.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Shape;

/** Saves the state of a training and goes on from it. */
final class Checkpoints {

  private final CheckpointPlan plan;
  private final Trainer<?> trainer;
  private final StepBatches<?> batches;
  private final @Nullable Watch<?> watch;
  private final CheckpointFolder folder;
  private int last = -1;

  Checkpoints(
      CheckpointPlan plan, Trainer<?> trainer, StepBatches<?> batches, @Nullable Watch<?> watch) {
    this.plan = plan;
    this.trainer = trainer;
    this.batches = batches;
    this.watch = watch;
    this.folder = new CheckpointFolder(plan.folder(), plan.keep());
  }

  /** Takes training to where the latest checkpoint is, if that is wanted and further. */
  void resume() {
    try {
      folder.prepare();
      Optional<Path> latest = folder.latest();
      if (latest.isEmpty()) {
        return;
      }
      if (trainer.step() == 0 && !plan.resume()) {
        throw new IllegalArgumentException(
            latest.get()
                + " is there already; resume from it, or save the checkpoints of another training"
                + " elsewhere");
      }
      if (CheckpointFolder.step(latest.get()) > trainer.step()) {
        restore(latest.get());
      }
      last = CheckpointFolder.step(latest.get());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot go on from " + plan.folder() + ": " + reason(e), e);
    }
  }

  private void restore(Path checkpoint) throws IOException {
    SavedState saved = SavedState.read(checkpoint);
    saved.requireSame(checkpoint, identity());
    saved.restore(checkpoint, state());
    trainer.position(saved.position());
    if (watch != null) {
      watch.recall(saved.notes());
    }
  }

  boolean isDue() {
    return trainer.step() % plan.every() == 0;
  }

  /** Whether steps have been taken since it last saved. */
  boolean isBehind() {
    return last != trainer.step();
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
    long start = System.nanoTime();
    boolean interrupted = Thread.interrupted();
    try {
      while (true) {
        try {
          Path saved = folder.add(trainer.step(), this::write);
          last = trainer.step();
          return new CheckpointReport(
              trainer.step(), saved, TrainingRun.seconds(System.nanoTime() - start));
        } catch (ClosedByInterruptException e) {
          // Being asked to stop is a reason to save, not to fail in the middle of it.
          interrupted = true;
          Thread.interrupted();
        }
      }
    } catch (IOException e) {
      throw failed(e);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private UncheckedIOException failed(IOException e) {
    String saved = latest().map(path -> path + " is still there").orElse("there is no earlier one");
    return new UncheckedIOException(
        "cannot save a checkpoint after step %d in %s: %s; %s, and the trainer can go on with fit"
            .formatted(trainer.step(), plan.folder(), reason(e), saved),
        e);
  }

  private static String reason(IOException e) {
    return e.getMessage() == null ? e.toString() : e.getMessage();
  }

  private void write(Path target) throws IOException {
    trainer.trainee().save(target);
    new SavedState(trainer.position(), notes(), identity()).write(target, state());
  }

  private Map<String, Buffer> state() {
    Map<String, Buffer> state = trainer.state();
    if (watch != null) {
      state.putAll(watch.state());
    }
    return state;
  }

  private Map<String, String> notes() {
    return watch == null ? Map.of() : watch.notes();
  }

  /** What must be the same for training to go on to the same numbers. */
  private Map<String, String> identity() {
    Map<String, String> identity = new LinkedHashMap<>(trainer.trainee().identity());
    identity.putAll(batches.identity());
    identity.put("seed", String.valueOf(trainer.config().seed()));
    identity.put("optimizer", trainer.config().optimizer().getClass().getSimpleName());
    trainer
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
