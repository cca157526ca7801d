package org.peft4j.transformers.hub;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Where the Hub is, who asks, and where files are kept.
 *
 * @param endpoint {@code https://huggingface.co}, or what speaks as it does
 * @param token sent to the endpoint's own host only; empty for none
 * @param cache in the layout of Hugging Face's own libraries
 * @param offline whether to ask nobody
 * @param pause before a request is made again; doubled each time
 * @param patience how long to wait for an answer, or for more of a file
 */
public record HubSettings(
    URI endpoint,
    Optional<String> token,
    HubCache cache,
    boolean offline,
    Duration pause,
    Duration patience) {

  private static final String USUAL_ENDPOINT = "https://huggingface.co";
  private static final Set<String> YES = Set.of("1", "ON", "YES", "TRUE");

  /**
   * @throws IllegalArgumentException if {@code endpoint} is no address on the web
   */
  public HubSettings {
    String scheme = String.valueOf(endpoint.getScheme()).toLowerCase(Locale.ROOT);
    if (!Set.of("http", "https").contains(scheme) || endpoint.getHost() == null) {
      throw new IllegalArgumentException(
          "the Hub's address (HF_ENDPOINT) must be like "
              + USUAL_ENDPOINT
              + " but was "
              + endpoint);
    }
  }

  /** The usual patience. */
  public HubSettings(URI endpoint, Optional<String> token, HubCache cache) {
    this(endpoint, token, cache, false, Duration.ofSeconds(1), Duration.ofSeconds(60));
  }

  /**
   * What the environment says to Hugging Face's own libraries: {@code HF_ENDPOINT}, {@code
   * HF_TOKEN}, {@code HF_TOKEN_PATH}, {@code HF_HOME}, {@code HF_HUB_CACHE}, {@code
   * HF_HUB_OFFLINE}, {@code HF_HUB_DISABLE_IMPLICIT_TOKEN}.
   */
  public static HubSettings fromEnvironment() {
    return of(System.getenv(), Path.of(System.getProperty("user.home")));
  }

  /**
   * @param environment variables
   * @param home of the user
   */
  static HubSettings of(Map<String, String> environment, Path home) {
    Path cache =
        variable(environment, "XDG_CACHE_HOME")
            .map(value -> path(value, home))
            .orElse(home.resolve(".cache"));
    Path hugging =
        variable(environment, "HF_HOME")
            .map(value -> path(value, home))
            .orElse(cache.resolve("huggingface"));
    Path hub =
        variable(environment, "HF_HUB_CACHE")
            .or(() -> variable(environment, "HUGGINGFACE_HUB_CACHE"))
            .map(value -> path(value, home))
            .orElse(hugging.resolve("hub"));
    Path tokenFile =
        variable(environment, "HF_TOKEN_PATH")
            .map(value -> path(value, home))
            .orElse(hugging.resolve("token"));
    String endpoint = variable(environment, "HF_ENDPOINT").orElse(USUAL_ENDPOINT);
    HubSettings settings =
        new HubSettings(
            URI.create(endpoint.replaceFirst("/+$", "")),
            token(environment, tokenFile),
            new HubCache(hub));
    return isYes(environment, "HF_HUB_OFFLINE") ? settings.withoutNetwork() : settings;
  }

  private HubSettings withoutNetwork() {
    return new HubSettings(endpoint, token, cache, true, pause, patience);
  }

  private static Optional<String> variable(Map<String, String> environment, String name) {
    return Optional.ofNullable(environment.get(name)).map(String::strip).filter(v -> !v.isEmpty());
  }

  private static boolean isYes(Map<String, String> environment, String name) {
    return variable(environment, name)
        .filter(v -> YES.contains(v.toUpperCase(Locale.ROOT)))
        .isPresent();
  }

  private static Path path(String value, Path home) {
    boolean inHome = value.equals("~") || value.startsWith("~/");
    return inHome ? home.resolve(value.substring(Math.min(2, value.length()))) : Path.of(value);
  }

  private static Optional<String> token(Map<String, String> environment, Path file) {
    Optional<String> named =
        variable(environment, "HF_TOKEN").or(() -> variable(environment, "HUGGING_FACE_HUB_TOKEN"));
    if (named.isPresent()
        || isYes(environment, "HF_HUB_DISABLE_IMPLICIT_TOKEN")
        || !Files.isReadable(file)) {
      return named;
    }
    try {
      return Optional.of(Files.readString(file).strip()).filter(text -> !text.isEmpty());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Without the token, so that no log gets it. */
  @Override
  public String toString() {
    return "HubSettings[endpoint=%s, token=%s, cache=%s]"
        .formatted(endpoint, token.isPresent() ? "(kept secret)" : "(none)", cache.root());
  }
}
