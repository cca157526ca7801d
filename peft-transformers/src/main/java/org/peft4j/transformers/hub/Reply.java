package org.peft4j.transformers.hub;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An answer of a server, read by one thread as it comes. Unlike with the stream of {@link
 * java.net.http.HttpResponse.BodyHandlers#ofInputStream}, waiting for more ends after a while, and
 * when the thread is interrupted.
 */
final class Reply implements Flow.Subscriber<List<ByteBuffer>>, AutoCloseable {

  /** What comes: bytes, or the end, or why no more will. */
  private record Part(List<ByteBuffer> bytes, boolean last, @Nullable Throwable failure) {}

  private final HttpResponse<?> response;
  private final Duration patience;
  private final BlockingQueue<Part> parts = new LinkedBlockingQueue<>();
  private Part part = new Part(List.of(), false, null);
  private Flow.@Nullable Subscription subscription;
  private boolean closed;

  /**
   * @param patience how long to wait for more
   */
  Reply(HttpResponse<Flow.Publisher<List<ByteBuffer>>> response, Duration patience) {
    this.response = response;
    this.patience = patience;
    response.body().subscribe(this);
  }

  int status() {
    return response.statusCode();
  }

  HttpHeaders headers() {
    return response.headers();
  }

  /** The first value of a header, or nothing. */
  String header(String name) {
    return headers().firstValue(name).orElse("");
  }

  /** The server that has answered, without the address, which may hold a signature. */
  String server() {
    return String.valueOf(response.uri().getHost());
  }

  @Override
  public synchronized void onSubscribe(Flow.Subscription subscription) {
    this.subscription = subscription;
    if (closed) {
      subscription.cancel();
    } else {
      subscription.request(1);
    }
  }

  @Override
  public void onNext(List<ByteBuffer> bytes) {
    parts.add(new Part(bytes, false, null));
  }

  @Override
  public void onError(Throwable failure) {
    parts.add(new Part(List.of(), true, failure));
  }

  @Override
  public void onComplete() {
    parts.add(new Part(List.of(), true, null));
  }

  private synchronized void request() {
    if (subscription != null) {
      subscription.request(1);
    }
  }

  /**
   * Reads at least one byte.
   *
   * @param most bytes to read
   * @return how many they are, negative at the end
   * @throws TryAgain if nothing comes for too long
   * @throws IOException if the connection is cut
   */
  int read(byte[] chunk, int most) throws IOException {
    while (true) {
      for (ByteBuffer bytes : part.bytes()) {
        if (bytes.hasRemaining()) {
          int length = Math.min(most, bytes.remaining());
          bytes.get(chunk, 0, length);
          return length;
        }
      }
      if (part.failure() != null) {
        throw new IOException(HubConnection.reason(part.failure()), part.failure());
      }
      if (part.last()) {
        return -1;
      }
      if (!part.bytes().isEmpty()) {
        request();
      }
      part = next();
    }
  }

  private Part next() throws IOException {
    try {
      Part next = parts.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
      if (next == null) {
        throw new TryAgain(
            server() + " has sent nothing for " + patience.toSeconds() + " seconds",
            Optional.empty());
      }
      return next;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (InterruptedIOException) new InterruptedIOException("interrupted").initCause(e);
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (subscription != null) {
      subscription.cancel();
    }
  }
}
