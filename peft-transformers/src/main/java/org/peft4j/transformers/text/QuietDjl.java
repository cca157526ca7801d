package org.peft4j.transformers.text;

import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.util.Platform;
import ai.djl.util.Utils;
import ai.djl.util.cuda.CudaUtils;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * DJL as it loads the tokenizer's native library. Left alone, it fetches one for GPUs where it sees
 * any, although tokenizing uses none, warns where it cannot count them, and tells at INFO what it
 * found and unpacked. All of that is off for as long as our call lasts, and as before afterwards.
 */
final class QuietDjl {

  private static final String ENGINE = "tokenizers";
  private static final String OFFLINE = "ai.djl.offline";

  private QuietDjl() {}

  /** Loads the library where that has not been done yet. */
  static synchronized void load() throws IOException {
    Thread thread = Thread.currentThread();
    ClassLoader loader = thread.getContextClassLoader();
    @Nullable String offline = System.getProperty(OFFLINE);
    boolean warned = warns(false);
    try {
      thread.setContextClassLoader(
          DjlResources.of(loader == null ? QuietDjl.class.getClassLoader() : loader));
      unpack(Platform.detectPlatform(ENGINE));
      LibUtils.checkStatus();
    } finally {
      thread.setContextClassLoader(loader);
      warns(warned);
      if (offline == null) {
        System.clearProperty(OFFLINE);
      } else {
        System.setProperty(OFFLINE, offline);
      }
    }
  }

  /** Puts the library where DJL looks for it, and tells DJL to look nowhere else. */
  private static void unpack(Platform platform) throws IOException {
    String resources = "/native/lib/" + platform.getClassifier() + "/cpu/";
    String library = System.mapLibraryName(ENGINE);
    if (Utils.getEnvOrSystemProperty("RUST_FLAVOR") != null
        || LibUtils.class.getResource(resources + library) == null) {
      return;
    }
    System.setProperty(OFFLINE, "true");
    Path folder = Utils.getEngineCacheDir(ENGINE).resolve(folderName(platform));
    if (platform.getCudaArch() != null) {
      folder = folder.resolve(platform.getCudaArch());
    }
    if (Files.exists(folder.resolve(library))) {
      return;
    }
    Files.createDirectories(folder);
    // The one that DJL looks for comes last.
    for (String name :
        List.of("libwinpthread-1.dll", "libgcc_s_seh-1.dll", "libstdc++-6.dll", library)) {
      try (InputStream content = LibUtils.class.getResourceAsStream(resources + name)) {
        if (content != null) {
          unpack(content, folder.resolve(name));
        }
      }
    }
  }

  private static String folderName(Platform platform) {
    return platform.getVersion() + "-cpu-" + platform.getClassifier();
  }

  /** Other processes may be unpacking the same and see a file only when it is whole. */
  private static void unpack(InputStream content, Path file) throws IOException {
    Path unfinished = Files.createTempFile(file.getParent(), file.getFileName().toString(), null);
    try {
      Files.copy(content, unfinished, StandardCopyOption.REPLACE_EXISTING);
      Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(unfinished);
    }
  }

  /** Whether DJL warned so far where it cannot count GPUs; from now on it does as told. */
  private static boolean warns(boolean wanted) {
    try {
      Field logging = CudaUtils.class.getDeclaredField("logging");
      logging.setAccessible(true);
      boolean before = logging.getBoolean(null);
      logging.setBoolean(null, wanted);
      return before;
    } catch (ReflectiveOperationException | RuntimeException e) {
      return true;
    }
  }
}
