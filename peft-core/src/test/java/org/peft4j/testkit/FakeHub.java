package org.peft4j.testkit;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Deque;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;

/**
 * A Hub on this machine with one model, whose large files lie on another server. It can be made to
 * behave badly.
 */
public final class FakeHub implements AutoCloseable {

  public static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
  public static final String MODEL = "some-lab/tiny.model_1";

  /** A request: which server, what for, which range, by which token. */
  public record Request(String server, String path, String range, String ifRange, String token) {}

  /** What to answer instead, once. */
  public record Answer(int status, Map<String, String> headers) {}

  /** What has been asked for. */
  public final List<Request> requests = new CopyOnWriteArrayList<>();

  /** What there is, by path. */
  public final Map<String, byte[]> files = new LinkedHashMap<>();

  /** What to answer instead, once each. */
  public final Deque<Answer> answers = new ConcurrentLinkedDeque<>();

  /** After how many bytes to cut the next answers with files. */
  public final Deque<Integer> cuts = new ConcurrentLinkedDeque<>();

  private final CountDownLatch released = new CountDownLatch(1);

  /** What the list of files holds besides them. */
  public volatile String more = "";

  /** Whether files may be asked for in parts. */
  public volatile boolean ranges = true;

  /** Whether to send half of a file, once, and then nothing. */
  public volatile boolean stalls;

  /** Whether to send other bytes than it says. */
  public volatile boolean damages;

  /** Where to lead to for every file, if it is not empty. */
  public volatile String redirection = "";

  private final HttpServer hub;
  private final HttpServer store;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  public FakeHub() throws IOException {
    hub = server(this::answerHub);
    store = server(this::answerStore);
  }

  private HttpServer server(HttpHandler handler) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", handler);
    server.setExecutor(threads);
    server.start();
    return server;
  }

  /** Puts a small file, or a large one if it is of weights, into the model. */
  public FakeHub with(String path, String content) {
    files.put(path, content.getBytes(StandardCharsets.UTF_8));
    return this;
  }

  public FakeHub with(String path, byte[] content) {
    files.put(path, content);
    return this;
  }

  public URI address() {
    return address(hub);
  }

  private static URI address(HttpServer server) {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  private static boolean isLarge(String path) {
    return path.endsWith(".safetensors");
  }

  public static String sha256(byte[] content) {
    return hex("SHA-256", content);
  }

  public static String git(byte[] content) {
    byte[] header = ("blob " + content.length + "\0").getBytes(StandardCharsets.UTF_8);
    byte[] whole = new byte[header.length + content.length];
    System.arraycopy(header, 0, whole, 0, header.length);
    System.arraycopy(content, 0, whole, header.length, content.length);
    return hex("SHA-1", whole);
  }

  private static String hex(String algorithm, byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private String listing() {
    String siblings =
        files.entrySet().stream()
            .map(file -> sibling(file.getKey(), file.getValue()))
            .collect(Collectors.joining(","));
    return "{\"id\":\"%s\",\"sha\":\"%s\",\"siblings\":[%s%s]}"
        .formatted(MODEL, COMMIT, siblings, more);
  }

  private static String sibling(String path, byte[] content) {
    return isLarge(path)
        ? "{\"rfilename\":\"%s\",\"size\":%d,\"blobId\":\"%s\",\"lfs\":{\"sha256\":\"%s\",\"size\":%d}}"
            .formatted(path, content.length, "f".repeat(40), sha256(content), content.length)
        : "{\"rfilename\":\"%s\",\"size\":%d,\"blobId\":\"%s\"}"
            .formatted(path, content.length, git(content));
  }

  private void answerHub(HttpExchange exchange) throws IOException {
    String path = note("hub", exchange);
    Answer other = answers.poll();
    if (other != null) {
      other.headers().forEach(exchange.getResponseHeaders()::set);
      answer(exchange, other.status(), new byte[0]);
    } else if (path.equals("/api/models/" + MODEL + "/revision/main")
        || path.equals("/api/models/" + MODEL + "/revision/refs%2Fpr%2F1")) {
      answer(exchange, 200, listing().getBytes(StandardCharsets.UTF_8));
    } else if (path.startsWith("/" + MODEL + "/resolve/" + COMMIT + "/")) {
      String raw = path.substring(path.indexOf(COMMIT) + 41);
      String file = URI.create(raw).getPath();
      if (isLarge(file) || !redirection.isEmpty()) {
        exchange
            .getResponseHeaders()
            .set("Location", redirection.isEmpty() ? address(store) + "/blob/" + raw : redirection);
        answer(exchange, 302, new byte[0]);
      } else {
        // As the Hub does since 2025: by way of another address of its own.
        exchange.getResponseHeaders().set("Location", "/cache/" + raw);
        answer(exchange, 307, new byte[0]);
      }
    } else if (path.startsWith("/cache/")) {
      file(exchange, path.substring("/cache/".length()));
    } else {
      exchange.getResponseHeaders().set("X-Error-Code", "RepoNotFound");
      answer(exchange, 401, new byte[0]);
    }
  }

  private void answerStore(HttpExchange exchange) throws IOException {
    file(exchange, note("store", exchange).substring("/blob/".length()));
  }

  private String note(String server, HttpExchange exchange) {
    String path = exchange.getRequestURI().getRawPath();
    requests.add(
        new Request(
            server,
            path,
            header(exchange, "Range"),
            header(exchange, "If-Range"),
            header(exchange, "Authorization")));
    return path;
  }

  private static String header(HttpExchange exchange, String name) {
    String value = exchange.getRequestHeaders().getFirst(name);
    return value == null ? "" : value;
  }

  private void file(HttpExchange exchange, String rawPath) throws IOException {
    byte[] content = files.get(URI.create(rawPath).getPath());
    String range = header(exchange, "Range");
    String condition = header(exchange, "If-Range");
    String tag = '"' + sha256(content) + '"';
    exchange.getResponseHeaders().set("ETag", tag);
    int start = 0;
    if (ranges && !range.isEmpty() && (condition.isEmpty() || condition.equals(tag))) {
      start = Integer.parseInt(range.replaceAll("bytes=(\\d+)-", "$1"));
      exchange
          .getResponseHeaders()
          .set(
              "Content-Range",
              "bytes " + start + "-" + (content.length - 1) + "/" + content.length);
    }
    byte[] part = Arrays.copyOfRange(content, start, content.length);
    if (damages) {
      part[part.length - 1] ^= 1;
    }
    Integer cut = cuts.poll();
    exchange.sendResponseHeaders(start > 0 ? 206 : 200, part.length == 0 ? -1 : part.length);
    OutputStream out = exchange.getResponseBody();
    if (stalls) {
      stalls = false;
      out.write(part, 0, part.length / 2);
      out.flush();
      await();
    } else if (cut != null) {
      out.write(part, 0, Math.min(cut, part.length));
      out.flush();
    } else {
      out.write(part);
      out.close();
    }
    exchange.close();
  }

  private void await() {
    try {
      released.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    if (body.length > 0) {
      exchange.getResponseBody().write(body);
    }
    exchange.close();
  }

  @Override
  public void close() {
    released.countDown();
    hub.stop(0);
    store.stop(0);
    threads.shutdownNow();
  }
}
