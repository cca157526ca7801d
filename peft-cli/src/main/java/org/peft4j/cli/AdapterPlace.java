package org.peft4j.cli;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.peft4j.PeftModel;
import org.peft4j.io.AtomicFolders;

/**
 * Where a trained adapter is saved, or somewhere else rather than nowhere.
 *
 * @param out where it is wanted
 */
record AdapterPlace(Path out) {

  /** Writes an adapter. */
  @FunctionalInterface
  private interface Saving {
    void run() throws IOException;
  }

  /**
   * Saves the adapter, however often the thread is interrupted meanwhile.
   *
   * @throws IOException if it cannot be saved there; the message says where it is instead
   */
  void save(PeftModel<?> peft) throws IOException {
    try {
      undisturbed(() -> peft.save(out));
    } catch (IOException | RuntimeException | Error e) {
      String kept =
          elsewhere(peft)
              .map(place -> "; the adapter is kept in " + place + " instead")
              .orElse("; the adapter could not be kept anywhere else either");
      throw new IOException(Failures.message(e) + kept, e);
    }
  }

  /** Saves the adapter beside where it is wanted or, failing that, among temporary files. */
  Optional<Path> elsewhere(PeftModel<?> peft) {
    for (Path place : List.of(beside(), temporary())) {
      try {
        undisturbed(() -> AtomicFolders.write(place, peft::save));
        return Optional.of(place);
      } catch (IOException | RuntimeException | Error ignored) {
        // The next place may do; why the first did not is told.
        continue;
      }
    }
    return Optional.empty();
  }

  private Path beside() {
    Path whole = out.toAbsolutePath().normalize();
    Path place = whole.resolveSibling(whole.getFileName() + "-kept");
    for (int number = 2; Files.exists(place); number++) {
      place = whole.resolveSibling(whole.getFileName() + "-kept-" + number);
    }
    return place;
  }

  private static Path temporary() {
    return Path.of(System.getProperty("java.io.tmpdir"), "peft-adapter-" + UUID.randomUUID());
  }

  /** Channels fail of an interruption, which is no reason not to save. */
  private static void undisturbed(Saving saving) throws IOException {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          interrupted |= Thread.interrupted();
          saving.run();
          return;
        } catch (ClosedByInterruptException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
