package org.peft4j.transformers.text;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLConnection;
import java.net.URLStreamHandler;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Enumeration;
import java.util.Properties;

/**
 * The resources of another class loader, but what DJL asks first for its tokenizers, and answers at
 * INFO, is not there; what it asks next, and keeps to itself, says the same.
 */
final class DjlResources extends ClassLoader {

  private static final String LOUD = "native/lib/tokenizers.properties";
  private static final String QUIET = "tokenizers-engine.properties";

  private final byte[] answer;

  private DjlResources(ClassLoader parent, byte[] answer) {
    super(parent);
    this.answer = answer;
  }

  /** The loader itself where it knows of no tokenizers of DJL. */
  static ClassLoader of(ClassLoader loader) throws IOException {
    try (InputStream said = loader.getResourceAsStream(LOUD)) {
      if (said == null) {
        return loader;
      }
      Properties properties = new Properties();
      properties.load(said);
      // Hugging Face's version, and DJL's.
      String version = properties.getProperty("version", "");
      String answer =
          "tokenizers_version="
              + version
              + "\ndjl_version="
              + version.substring(version.indexOf('-') + 1);
      return new DjlResources(loader, answer.getBytes(StandardCharsets.UTF_8));
    }
  }

  @Override
  public Enumeration<URL> getResources(String name) throws IOException {
    return switch (name) {
      case LOUD -> Collections.emptyEnumeration();
      case QUIET -> Collections.enumeration(Collections.singleton(answer()));
      default -> super.getResources(name);
    };
  }

  private URL answer() throws IOException {
    return new URL(null, "memory:" + QUIET, new Handler(answer));
  }

  /** Opens the bytes that it holds. */
  private static final class Handler extends URLStreamHandler {

    private final byte[] content;

    Handler(byte[] content) {
      this.content = content;
    }

    @Override
    protected URLConnection openConnection(URL url) {
      return new URLConnection(url) {
        @Override
        public void connect() {}

        @Override
        public InputStream getInputStream() {
          return new ByteArrayInputStream(content);
        }
      };
    }
  }
}
