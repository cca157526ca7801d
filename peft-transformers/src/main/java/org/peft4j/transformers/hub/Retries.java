package org.peft4j.transformers.hub;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.FileSystemException;
import java.time.Duration;
import javax.net.ssl.SSLHandshakeException;

/** How often, and after which pauses, to try again what failed. */
final class Retries {

  private static final int MOST = 5;
  private static final Duration LONGEST = Duration.ofMinutes(5);

  private final HubSettings settings;
  private final HubListener listener;
  private int failures;

  Retries(HubSettings settings, HubListener listener) {
    this.settings = settings;
    this.listener = listener;
  }

  /** Something has come: failures before that do not count. */
  void progress() {
    failures = 0;
  }

  /**
   * Waits until it is time to try again.
   *
   * @throws IOException if there is no sense in it, or has not been for some times
   */
  void after(IOException failure) throws IOException {
    if (failure instanceof HubException
        || failure instanceof FileSystemException
        || failure instanceof SSLHandshakeException
        || Thread.currentThread().isInterrupted()) {
      throw failure;
    }
    String why = HubConnection.reason(failure);
    if (++failures == MOST) {
      throw new IOException(
          "%s, %d times in a row; what has come is kept, and the same download goes on from there"
              .formatted(why, MOST),
          failure);
    }
    Duration pause = pause(failure);
    if (pause.compareTo(LONGEST) > 0) {
      throw new IOException(
          "%s; it asks to try again in %d minutes".formatted(why, pause.toMinutes()), failure);
    }
    listener.onWait(why + "; trying again in " + (pause.toMillis() + 999) / 1000 + " s");
    try {
      Thread.sleep(pause.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (InterruptedIOException) new InterruptedIOException("interrupted").initCause(e);
    }
  }

  private Duration pause(IOException failure) {
    Duration usual = settings.pause().multipliedBy(1L << (failures - 1));
    return failure instanceof TryAgain again ? again.pause().orElse(usual) : usual;
  }
}
