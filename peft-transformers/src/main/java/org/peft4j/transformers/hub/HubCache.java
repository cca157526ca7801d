package org.peft4j.transformers.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Downloaded models, in the layout of Hugging Face's own libraries, so that both find what the
 * other has downloaded: below {@code models--ORGANISATION--NAME} there are {@code blobs} with the
 * files under their checksums, {@code snapshots/COMMIT} with links to them under their names, and
 * {@code refs/REVISION} with the commit that a branch or a tag was when it was last downloaded.
 *
 * @param root usually {@code ~/.cache/huggingface/hub}
 */
public record HubCache(Path root) {

  private static final String COMMIT = "[0-9a-f]{40}";

  /** Where everything of a model lies. */
  Path folder(HubModel model) {
    return root.resolve("models--" + model.name().replace("/", "--"));
  }

  Path blobs(HubModel model) {
    return folder(model).resolve("blobs");
  }

  Path snapshot(HubModel model, String commit) {
    return folder(model).resolve("snapshots").resolve(commit);
  }

  Path reference(HubModel model) {
    return folder(model).resolve("refs").resolve(model.revision());
  }

  /**
   * The folder of a model that has been downloaded: one with a {@code config.json}, or an adapter's
   * with an {@code adapter_config.json}.
   */
  public Optional<Path> find(HubModel model) throws IOException {
    Optional<String> commit = commit(model);
    return commit
        .map(found -> snapshot(model, found))
        .filter(
            folder ->
                Files.exists(folder.resolve("config.json"))
                    || Files.exists(folder.resolve("adapter_config.json")));
  }

  private Optional<String> commit(HubModel model) throws IOException {
    if (model.revision().matches(COMMIT)) {
      return Optional.of(model.revision());
    }
    Path reference = reference(model);
    return Files.isRegularFile(reference)
        ? Optional.of(Files.readString(reference).strip()).filter(text -> text.matches(COMMIT))
        : Optional.empty();
  }
}
