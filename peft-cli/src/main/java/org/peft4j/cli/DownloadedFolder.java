package org.peft4j.cli;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.peft4j.transformers.hub.HubModel;
import org.peft4j.transformers.hub.HubSettings;

/** Folders that go by the name that their content has on the Hub. */
final class DownloadedFolder {

  private DownloadedFolder() {}

  /**
   * What an option names: a folder, or where {@code peft download} has put what is called so on the
   * Hub.
   *
   * @return {@code named} itself if it is neither
   */
  static Path of(Path named) {
    Optional<HubModel> model = Files.exists(named) ? Optional.empty() : HubModel.find(text(named));
    try {
      return model.isPresent()
          ? HubSettings.fromEnvironment().cache().find(model.get()).orElse(named)
          : named;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A path with slashes, as names on the Hub have them. */
  static String text(Path named) {
    return named.toString().replace(File.separatorChar, '/');
  }
}
