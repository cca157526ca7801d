package org.peft4j.transformers.hub;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** Asks the Hub. Redirections are followed here, so that the token goes where it belongs only. */
final class HubConnection {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** There is nothing where a range begins. */
  static final int OUTSIDE = 416;

  private static final int MOST_REDIRECTIONS = 10;
  private static final int LARGEST_ANSWER = 64 << 20;

  private final HubSettings settings;
  private final HttpClient client;

  HubConnection(HubSettings settings) {
    this.settings = settings;
    this.client =
        HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(Duration.ofSeconds(10))
            .build();
  }

  /**
   * The files of a revision.
   *
   * @throws HubException if there is no such model or it is not for everyone
   * @throws TryAgain if the Hub has no time now
   */
  HubListing list(HubModel model) throws IOException {
    URI address =
        address(
            "api", "models", model.name(), "revision", encoded(model.revision()) + "?blobs=true");
    try (Reply reply = get(model, "", address, Map.of())) {
      return HubListing.of(model, JSON.readTree(all(reply)));
    } catch (JsonProcessingException e) {
      throw new HubException(
          settings.endpoint() + " did not answer as the Hub does; is HF_ENDPOINT right?");
    } catch (ConnectException | HttpConnectTimeoutException e) {
      throw new IOException(
          "cannot reach %s (%s); where there is no network, copy the model's folder here by other means and name that folder"
              .formatted(settings.endpoint(), reason(e)),
          e);
    }
  }

  private static byte[] all(Reply reply) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    byte[] chunk = new byte[1 << 16];
    for (int read = reply.read(chunk, chunk.length);
        read >= 0;
        read = reply.read(chunk, chunk.length)) {
      all.write(chunk, 0, read);
      if (all.size() > LARGEST_ANSWER) {
        throw new HubException("the Hub's list of files is too long");
      }
    }
    return all.toByteArray();
  }

  /**
   * A file of a commit, or what comes after its first bytes.
   *
   * @param headers of the request
   */
  Reply file(HubModel model, String commit, HubFile file, Map<String, String> headers)
      throws IOException {
    String path =
        Arrays.stream(file.path().split("/"))
            .map(HubConnection::encoded)
            .collect(Collectors.joining("/"));
    return get(model, file.path(), address(model.name(), "resolve", commit, path), headers);
  }

  private URI address(String... parts) {
    return URI.create(settings.endpoint() + "/" + String.join("/", parts));
  }

  private static String encoded(String part) {
    return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private Reply get(HubModel model, String file, URI address, Map<String, String> headers)
      throws IOException {
    URI place = address;
    for (int i = 0; i <= MOST_REDIRECTIONS; i++) {
      Reply reply = send(place, headers);
      int status = reply.status();
      if (status == 200 || status == 206 || status == OUTSIDE) {
        return reply;
      }
      reply.close();
      String location = reply.header("Location");
      if (status < 300 || status >= 400 || location.isEmpty()) {
        throw new Refusal(settings, model, file).of(reply);
      }
      place = next(place, location);
    }
    throw new HubException("the Hub leads from one address to the next without end: " + address);
  }

  private static URI next(URI place, String location) throws HubException {
    URI next;
    try {
      next = place.resolve(location);
    } catch (IllegalArgumentException e) {
      throw new HubException(place + " leads to what is no address: " + Refusal.shown(location));
    }
    boolean secure = isScheme(next, "https");
    if (!secure && !(isScheme(next, "http") && isScheme(place, "http")) || next.getHost() == null) {
      throw new HubException(
          place + " leads to an address that is not safe: " + Refusal.shown(location));
    }
    return next;
  }

  private static boolean isScheme(URI address, String scheme) {
    return scheme.equals(String.valueOf(address.getScheme()).toLowerCase(Locale.ROOT));
  }

  private Reply send(URI place, Map<String, String> headers) throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(place)
            .timeout(settings.patience())
            .header("User-Agent", "peft4j")
            .header("Accept-Encoding", "identity");
    headers.forEach(request::header);
    if (isEndpoint(place)) {
      settings.token().ifPresent(token -> request.header("Authorization", "Bearer " + token));
    }
    try {
      return new Reply(
          client.send(request.build(), HttpResponse.BodyHandlers.ofPublisher()),
          settings.patience());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (InterruptedIOException) new InterruptedIOException("interrupted").initCause(e);
    }
  }

  /** Whether an address is on the very server that the token is for. */
  private boolean isEndpoint(URI place) {
    URI endpoint = settings.endpoint();
    return endpoint.getHost().equalsIgnoreCase(place.getHost())
        && isScheme(place, endpoint.getScheme().toLowerCase(Locale.ROOT))
        && port(place) == port(endpoint);
  }

  private static int port(URI address) {
    if (address.getPort() >= 0) {
      return address.getPort();
    }
    return isScheme(address, "https") ? 443 : 80;
  }

  /** What went wrong, also where Java gives an exception of no message. */
  static String reason(Throwable e) {
    Throwable cause = e;
    while (cause.getMessage() == null && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause instanceof java.nio.channels.UnresolvedAddressException
        ? "its name cannot be resolved"
        : Objects.requireNonNullElse(cause.getMessage(), cause.getClass().getSimpleName());
  }
}
