package org.peft4j.transformers.hub;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.peft4j.io.Excerpt;

/**
 * The files of a revision.
 *
 * @param commit that the revision means now, 40 hexadecimal digits
 */
record HubListing(String commit, List<HubFile> files) {

  private static final String CHECKSUM = "[0-9a-f]{40}|[0-9a-f]{64}";

  /**
   * Reads what the Hub says of a revision.
   *
   * @throws HubException if there is anything in it that is not as it should be
   */
  static HubListing of(HubModel model, JsonNode said) throws HubException {
    String commit = said.path("sha").asText();
    if (!commit.matches("[0-9a-f]{40}") || !said.path("siblings").isArray()) {
      throw new HubException(
          "what the Hub says of %s is no list of files: %s"
              .formatted(model, Excerpt.of(said.toString())));
    }
    List<HubFile> files = new ArrayList<>();
    for (JsonNode file : said.path("siblings")) {
      files.add(file(model, file));
    }
    return new HubListing(commit, files);
  }

  private static HubFile file(HubModel model, JsonNode said) throws HubException {
    String path = said.path("rfilename").asText();
    if (!isInside(path)) {
      throw new HubException(
          "%s has a file of the name '%s', which could be written outside its folder; nothing was"
                  .formatted(model, Excerpt.of(path))
              + " downloaded");
    }
    JsonNode large = said.path("lfs");
    String ofLarge = large.path("sha256").asText(large.path("oid").asText());
    String checksum = ofLarge.isEmpty() ? said.path("blobId").asText() : ofLarge;
    long size = said.path("size").asLong(large.path("size").asLong(-1));
    if (!checksum.matches(CHECKSUM) || size < 0) {
      throw new HubException(
          "the Hub tells no size or checksum of '%s' in %s, so it cannot be checked"
              .formatted(Excerpt.of(path), model));
    }
    return new HubFile(path, size, checksum);
  }

  /** Whether a path stays in the folder it is resolved against, on every system. */
  private static boolean isInside(String path) {
    for (String name : path.split("/", -1)) {
      if (name.isEmpty() || name.equals(".") || name.equals("..")) {
        return false;
      }
    }
    return path.chars().noneMatch(c -> c < ' ' || c == '\\' || c == ':' || c == 0x7f);
  }
}
