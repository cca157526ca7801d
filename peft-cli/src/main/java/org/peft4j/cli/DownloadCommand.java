package org.peft4j.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.peft4j.transformers.hub.FileChoice;
import org.peft4j.transformers.hub.Hub;
import org.peft4j.transformers.hub.HubDownload;
import org.peft4j.transformers.hub.HubModel;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Fetches a model from the Hugging Face Hub. */
@Command(
    name = "download",
    description = {
      "Fetches a model, or an adapter, from the Hugging Face Hub into the cache that Hugging Face's"
          + " own programs use; --model NAME finds it there. What was cut off goes on, and every"
          + " file is checked.",
      "HF_TOKEN is a token for what is not for everyone. HF_HOME, HF_HUB_CACHE and HF_ENDPOINT say"
          + " where the cache and the Hub are."
    })
final class DownloadCommand implements Callable<Integer> {

  @Parameters(
      paramLabel = "NAME",
      description = "What it is called there: ORGANISATION/NAME, or ORGANISATION/NAME@REVISION.")
  private String name;

  @Option(
      names = "--revision",
      paramLabel = "REVISION",
      description = "A branch, a tag or a commit. Default: " + HubModel.MAIN + ".")
  private @Nullable String revision;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Put the files into this folder, and not into the cache.")
  private @Nullable Path out;

  @Option(
      names = "--include",
      paramLabel = "PATTERN",
      description =
          "Only files whose path matches this, such as '*.json'; may be repeated. Default: what peft"
              + " reads: safetensors, JSON and the tokenizer's files.")
  private List<String> include = List.of();

  @Option(
      names = "--exclude",
      paramLabel = "PATTERN",
      description = "No files whose path matches this; may be repeated.")
  private List<String> exclude = List.of();

  @Mixin private Output output;

  @Override
  public Integer call() throws IOException {
    HubModel model = model();
    FileChoice choice = new FileChoice(include, exclude);
    Hub hub = Hub.fromEnvironment();
    HubDownload done;
    try (DownloadProgress progress = new DownloadProgress(output)) {
      if (out == null) {
        Places.newFolder("the cache", hub.cache().root());
        done = hub.download(model, choice, progress);
      } else {
        Places.newFolder("--out", out);
        done = hub.download(model, choice, out, progress);
      }
    }
    output.results(
        new Facts()
            .with("model", done.model().name())
            .with("revision", done.model().revision())
            .with("commit", done.commit())
            .with("folder", done.folder().toString())
            .with("files", done.files())
            .with("bytes", done.bytes())
            .with("downloaded_bytes", done.fetched()));
    output.hint(next(done));
    return 0;
  }

  private HubModel model() {
    HubModel model = HubModel.of(name);
    if (revision == null) {
      return model;
    }
    if (!model.revision().equals(HubModel.MAIN)) {
      throw new IllegalArgumentException(
          "--revision %s and %s name two revisions; leave one out".formatted(revision, name));
    }
    return model.at(revision);
  }

  private String next(HubDownload done) {
    String model = out == null ? done.model().toString() : Shell.path(done.folder());
    return String.join(
        System.lineSeparator(),
        "",
        "what to try next:",
        "  " + Shell.command(Output.PEFT, "inspect") + " " + Shell.path(done.folder()),
        "  " + Shell.command(Output.PEFT, "generate", "--model") + " " + model + " --prompt Hello");
  }
}
