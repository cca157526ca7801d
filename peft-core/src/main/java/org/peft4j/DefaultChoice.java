package org.peft4j;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which adapters are at work where a call names none. The first choice is for all threads. One that
 * changes it later has it for itself until it hands it over: no thread computes with adapters that
 * another one has chosen without its knowing.
 */
final class DefaultChoice {

  private static final String REMEDY =
      "; name the adapters for each call (PeftModel.with), or call PeftModel.handOver() in the first"
          + " thread when it has done changing them";

  private List<String> names = List.of();
  private @Nullable Thread owner;
  private @Nullable Thread reader;
  private boolean severalReaders;
  private boolean changed;

  /** Their names, in the order in which they act, whoever asks. */
  synchronized List<String> names() {
    return names;
  }

  /**
   * Their names, for the calling thread to compute with.
   *
   * @throws IllegalStateException if another thread has the choice for itself
   */
  synchronized List<String> read() {
    Thread thread = Thread.currentThread();
    if (owner != null && owner != thread) {
      throw refusal("compute with them", owner);
    }
    severalReaders |= reader != null && reader != thread;
    reader = thread;
    return names;
  }

  /**
   * From now on these.
   *
   * @throws IllegalStateException if another thread has the choice for itself
   */
  synchronized void choose(List<String> chosen) {
    requireFree("change them");
    Thread thread = Thread.currentThread();
    boolean forAll = !changed && !severalReaders && (reader == null || reader == thread);
    owner = forAll ? owner : thread;
    changed = true;
    names = List.copyOf(chosen);
  }

  /** See {@link PeftModel#handOver}. */
  synchronized void handOver() {
    requireFree("hand them over");
    owner = null;
    reader = null;
    severalReaders = false;
  }

  private void requireFree(String wish) {
    if (owner != null && owner != Thread.currentThread() && owner.isAlive()) {
      throw refusal(wish, owner);
    }
  }

  private static IllegalStateException refusal(String wish, Thread other) {
    return new IllegalStateException(
        "thread %s has changed which adapters are active, so thread %s cannot %s%s"
            .formatted(other.getName(), Thread.currentThread().getName(), wish, REMEDY));
  }
}
