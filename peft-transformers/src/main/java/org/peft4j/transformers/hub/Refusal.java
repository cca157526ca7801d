package org.peft4j.transformers.hub;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.peft4j.io.Excerpt;

/**
 * What an answer means that is not what was asked for.
 *
 * @param file in the model; empty if its list was asked for
 */
record Refusal(HubSettings settings, HubModel model, String file) {

  /** An exception with what to do about it. */
  IOException of(Reply reply) {
    int status = reply.status();
    String code = reply.header("X-Error-Code");
    String said = shown(reply.header("X-Error-Message"));
    if (status == 429 || status >= 500) {
      return new TryAgain(
          "%s answers %d%s"
              .formatted(reply.server(), status, status == 429 ? ": too many requests" : ""),
          wait(reply));
    }
    if (code.equals("GatedRepo") || said.contains("gated") || said.contains("restricted")) {
      return new HubException(gated());
    }
    boolean ofEndpoint = isEndpoint(reply);
    return new HubException(
        switch (status) {
          case 401 -> ofEndpoint ? unknown() : other(reply, said);
          case 403 ->
              ofEndpoint
                  ? "the Hub does not let you have %s%s%s".formatted(model, who(), because(said))
                  : other(reply, said);
          case 404 -> missing(code);
          default -> other(reply, said);
        });
  }

  private String gated() {
    return "%s is for those who have accepted its terms: open %s/%s in a browser, accept them, and %s"
        .formatted(
            model,
            settings.endpoint(),
            model.name(),
            settings.token().isPresent()
                ? "make sure that the token in HF_TOKEN is of that account and may read gated models"
                : "set HF_TOKEN to a token of that account ("
                    + settings.endpoint()
                    + "/settings/tokens)");
  }

  private String unknown() {
    return settings.token().isPresent()
        ? "the Hub knows no %s, or does not accept the token in HF_TOKEN for it"
            .formatted(model.name())
        : ("the Hub knows no %s, or it is private: look at the spelling, or set HF_TOKEN to a token"
                + " that may read it")
            .formatted(model.name());
  }

  private String missing(String code) {
    if (!file.isEmpty() && !code.startsWith("Re")) {
      return "%s has no file '%s'".formatted(model, file);
    }
    if (code.equals("RevisionNotFound")) {
      return "%s has no revision '%s'".formatted(model.name(), model.revision());
    }
    return code.equals("RepoNotFound")
        ? unknown()
        : "the Hub knows no %s at revision '%s'".formatted(model.name(), model.revision());
  }

  private String other(Reply reply, String said) {
    return "%s answers %d%s".formatted(reply.server(), reply.status(), because(said));
  }

  private String who() {
    return settings.token().isPresent() ? " with the token in HF_TOKEN" : "; HF_TOKEN is not set";
  }

  private static String because(String said) {
    return said.isEmpty() ? "" : " (" + said + ")";
  }

  private boolean isEndpoint(Reply reply) {
    return String.valueOf(settings.endpoint().getHost()).equalsIgnoreCase(reply.server());
  }

  private static Optional<Duration> wait(Reply reply) {
    return reply
        .headers()
        .firstValue("Retry-After")
        .filter(text -> text.matches("\\d{1,6}"))
        .map(text -> Duration.ofSeconds(Long.parseLong(text)));
  }

  /** Words from elsewhere, for a terminal. */
  static String shown(String text) {
    return Excerpt.of(text.replaceAll("\\p{Cntrl}", " ").strip());
  }
}
