package org.peft4j.transformers.hub;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.peft4j.io.Excerpt;

/**
 * Downloads models from the Hugging Face Hub: file by file, each checked by its checksum before it
 * gets its name. What was cut off goes on where it stopped, in this call and in later ones.
 *
 * <p>The token goes to the Hub itself and not to the servers that it leads to. Nothing that a model
 * brings is run, and no file is written outside of the cache or the folder that is named.
 */
public final class Hub {

  private final HubSettings settings;

  /** A Hub by these settings. */
  public Hub(HubSettings settings) {
    this.settings = settings;
  }

  /** The Hub that the environment names, as Hugging Face's own libraries understand it. */
  public static Hub fromEnvironment() {
    return new Hub(HubSettings.fromEnvironment());
  }

  /** Where downloaded models are kept. */
  public HubCache cache() {
    return settings.cache();
  }

  /**
   * Downloads what peft reads of a model into the cache, as far as it is not there.
   *
   * @return its folder, for {@code LanguageModel.load} and its like
   * @throws HubException if the Hub does not let have it; the message says what to do
   * @throws IOException if the Hub cannot be reached, or files cannot be written
   */
  public Path download(HubModel model) throws IOException {
    return download(model, FileChoice.usual(), HubListener.NONE).folder();
  }

  /** Downloads a choice of files and reports the progress. */
  public HubDownload download(HubModel model, FileChoice choice, HubListener listener)
      throws IOException {
    return download(model, choice, new CacheStore(settings.cache(), model), listener);
  }

  /**
   * Downloads into a folder, past the cache.
   *
   * @param folder may be there; files in it that are others than those of the model are refused
   */
  public HubDownload download(HubModel model, FileChoice choice, Path folder, HubListener listener)
      throws IOException {
    FolderStore store = new FolderStore(folder);
    HubDownload done = download(model, choice, store, listener);
    Files.deleteIfExists(store.lock());
    Files.deleteIfExists(store.unfinished());
    return done;
  }

  private HubDownload download(HubModel model, FileChoice choice, Store store, HubListener listener)
      throws IOException {
    if (settings.offline()) {
      throw new HubException("nothing is downloaded while HF_HUB_OFFLINE is set; unset it");
    }
    HubConnection connection = new HubConnection(settings);
    HubListing listing = list(connection, model, listener);
    List<HubFile> files = chosen(model, listing, choice);
    Files.createDirectories(store.lock().getParent());
    Files.createDirectories(store.unfinished());
    try (FileChannel channel =
        FileChannel.open(store.lock(), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      lock(channel, model, listener);
      long fetched = fetch(new Job(connection, model, listing.commit()), files, store, listener);
      Path folder = store.finish(listing.commit(), files);
      long bytes = files.stream().mapToLong(HubFile::size).sum();
      return new HubDownload(model, listing.commit(), folder, files.size(), bytes, fetched);
    }
  }

  private HubListing list(HubConnection connection, HubModel model, HubListener listener)
      throws IOException {
    Retries retries = new Retries(settings, listener);
    while (true) {
      try {
        return connection.list(model);
      } catch (TryAgain e) {
        retries.after(e);
      }
    }
  }

  private static List<HubFile> chosen(HubModel model, HubListing listing, FileChoice choice)
      throws HubException {
    List<String> all = listing.files().stream().map(HubFile::path).toList();
    List<HubFile> files =
        listing.files().stream().filter(file -> choice.takes(file.path())).toList();
    if (files.isEmpty()) {
      throw new HubException(
          "of the files of %s none is chosen; there are %s".formatted(model, Excerpt.list(all)));
    }
    boolean weights = files.stream().anyMatch(file -> file.path().endsWith(".safetensors"));
    if (choice.include().isEmpty() && !weights) {
      throw new HubException(
          "%s has no weights in safetensors files, and others are not read here; there are %s"
              .formatted(model, Excerpt.list(all)));
    }
    return files;
  }

  /** Lasts until the channel is closed. */
  private static void lock(FileChannel channel, HubModel model, HubListener listener)
      throws IOException {
    try {
      if (channel.tryLock() == null) {
        listener.onWait("another program downloads " + model.name() + "; waiting for it");
        channel.lock();
      }
    } catch (OverlappingFileLockException e) {
      throw new IllegalStateException(
          "this program downloads " + model.name() + " already, on another thread", e);
    }
  }

  /** From where files come. */
  private record Job(HubConnection connection, HubModel model, String commit) {}

  private long fetch(Job job, List<HubFile> files, Store store, HubListener listener)
      throws IOException {
    List<HubFile> missing = new ArrayList<>();
    long bytes = 0;
    for (HubFile file : files) {
      if (!store.has(file)) {
        missing.add(file);
        Path half = store.half(file);
        bytes += file.size() - (Files.exists(half) ? Math.min(file.size(), Files.size(half)) : 0);
      }
    }
    requireSpace(store.unfinished(), bytes);
    listener.onStart(files.size(), bytes);
    long fetched = 0;
    for (HubFile file : missing) {
      // Of two files that hold the same, the cache has the second already.
      if (!store.has(file)) {
        fetched += fetch(job, file, store, new Progress(listener, fetched));
        store.put(file);
      }
      listener.onFile(file);
    }
    return fetched;
  }

  private static void requireSpace(Path folder, long bytes) throws IOException {
    long free = Files.getFileStore(folder).getUsableSpace();
    if (free < bytes) {
      throw new FileSystemException(
          folder.toString(),
          null,
          String.format(
              Locale.ROOT,
              "%.1f GB are to come but only %.1f GB are free there",
              bytes / 1e9,
              free / 1e9));
    }
  }

  /** Who is told, and how many bytes had come before. */
  private record Progress(HubListener listener, long before) {}

  /**
   * Fetches what is missing of one file.
   *
   * @return how many bytes came
   */
  private long fetch(Job job, HubFile file, Store store, Progress progress) throws IOException {
    try (Transfer transfer = new Transfer(file, store.half(file))) {
      boolean resumed = transfer.position() > 0;
      complete(job, file, transfer, progress);
      boolean right = transfer.isRight();
      if (!right && resumed) {
        // What an earlier download left may be what is wrong.
        transfer.restart();
        complete(job, file, transfer, progress);
        right = transfer.isRight();
      }
      if (right) {
        return transfer.fetched();
      }
    }
    Files.delete(store.half(file));
    throw new IOException(
        "'%s' of %s came damaged: its checksum is not the Hub's, %s; download it again"
            .formatted(file.path(), job.model(), file.checksum()));
  }

  private void complete(Job job, HubFile file, Transfer transfer, Progress progress)
      throws IOException {
    Retries retries = new Retries(settings, progress.listener());
    long furthest = transfer.position();
    while (!transfer.isWhole()) {
      try {
        transfer.take(
            job.connection().file(job.model(), job.commit(), file, transfer.headers()),
            fetched -> progress.listener().onBytes(file, progress.before() + fetched));
      } catch (IOException e) {
        if (transfer.position() > furthest) {
          furthest = transfer.position();
          retries.progress();
        }
        retries.after(e);
      }
    }
  }
}
