package org.peft4j.transformers.text;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.transformers.tokenizer.TokenizerFile;

/**
 * Text to token ids and back, by Hugging Face's own tokenizers library, which comes with DJL. Works
 * without a network; the native library is unpacked to {@code .djl.ai} in the user's home, or to
 * {@code DJL_CACHE_DIR}. May be shared by threads.
 */
public final class Tokenizer implements TextEncoder, TextDecoder, AutoCloseable {

  static final String FILE_NAME = "tokenizer.json";

  /** Cutting and padding are the batch's business; a tokenizer that cuts loses text silently. */
  private static final Map<String, String> WHOLE_TEXTS =
      Map.of("truncation", "false", "padding", "false");

  static {
    // Left alone, DJL reports its use over the network.
    setUnlessGiven("OPT_OUT_TRACKING", "true");
  }

  private final HuggingFaceTokenizer tokenizer;
  private final SpecialTokens special;
  private final ReadWriteLock uses = new ReentrantReadWriteLock();
  private boolean closed;

  private Tokenizer(HuggingFaceTokenizer tokenizer, SpecialTokens special) {
    this.tokenizer = tokenizer;
    this.special = special;
  }

  /**
   * The tokenizer of the model in {@code directory}.
   *
   * @throws AdapterFormatException if there is no usable {@code tokenizer.json}
   */
  public static Tokenizer load(Path directory) throws IOException {
    Path file = directory.resolve(FILE_NAME);
    if (!Files.exists(file)) {
      throw new AdapterFormatException(directory, OtherTokenizers.instead(directory));
    }
    SpecialTokens special = SpecialTokens.read(directory);
    TokenizerFile.check(file);
    TokenizerLibrary.require();
    return new Tokenizer(open(file), special);
  }

  private static HuggingFaceTokenizer open(Path file) throws IOException {
    try {
      return HuggingFaceTokenizer.newInstance(file, WHOLE_TEXTS);
    } catch (RuntimeException e) {
      AdapterFormatException wrong =
          new AdapterFormatException(file, "is no tokenizer: " + e.getMessage());
      wrong.initCause(e);
      throw wrong;
    }
  }

  /** The tokens of {@code text} and nothing else. */
  @Override
  public int[] encode(String text) {
    return encode(text, false);
  }

  /**
   * The tokens of {@code text} with those around it that the model is used to, such as the one that
   * begins a text.
   */
  public int[] encodeWithSpecialTokens(String text) {
    return encode(text, true);
  }

  /** The text of {@code ids}; special tokens have none. */
  @Override
  public String decode(int... ids) {
    long[] tokens = Arrays.stream(ids).asLongStream().toArray();
    return during(() -> tokenizer.decode(tokens, true));
  }

  public SpecialTokens specialTokens() {
    return special;
  }

  @Override
  public void close() {
    uses.writeLock().lock();
    try {
      closed = true;
      tokenizer.close();
    } finally {
      uses.writeLock().unlock();
    }
  }

  /** Native code that is at work keeps others from closing. */
  private <T> T during(Supplier<T> body) {
    uses.readLock().lock();
    try {
      if (closed) {
        throw new IllegalStateException("this tokenizer is closed");
      }
      return body.get();
    } finally {
      uses.readLock().unlock();
    }
  }

  private int[] encode(String text, boolean special) {
    long[] ids = during(() -> tokenizer.encode(text, special, false).getIds());
    return Arrays.stream(ids).mapToInt(Math::toIntExact).toArray();
  }

  private static void setUnlessGiven(String name, String value) {
    if (System.getenv(name) == null && System.getProperty(name) == null) {
      System.setProperty(name, value);
    }
  }
}
