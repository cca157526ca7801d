package org.peft4j.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} says. */
final class Version implements IVersionProvider {

  @Override
  public String[] getVersion() throws IOException {
    try (InputStream text = Version.class.getResourceAsStream("version.txt")) {
      if (text == null) {
        throw new IllegalStateException("this is our bug: version.txt is not in the jar");
      }
      String version = new String(text.readAllBytes(), StandardCharsets.UTF_8).strip();
      return new String[] {"peft4j " + version + " on Java " + Runtime.version()};
    }
  }
}
