package org.peft4j.cli;

import java.io.Closeable;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.peft4j.PeftModel;
import org.peft4j.kernel.DataType;
import org.peft4j.spec.AdapterInfo;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.store.StoredAdapter;
import org.peft4j.transformers.LanguageModel;
import org.peft4j.transformers.TextClassifier;
import org.peft4j.transformers.checkpoint.ModelConfig;
import org.peft4j.transformers.checkpoint.StoredLabels;
import org.peft4j.transformers.checkpoint.Task;
import org.peft4j.transformers.hub.HubModel;
import org.peft4j.transformers.model.Labels;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Which model, and how to compute with it. */
@Heading("Model")
final class ModelOptions implements Closeable {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      description =
          "A Hugging Face model: a folder with config.json, safetensors and tokenizer.json, or the"
              + " name of one that 'peft download' has fetched.")
  private Path model;

  @Option(
      names = "--adapter",
      paramLabel = "DIR",
      description = "An adapter for it: adapter_config.json, adapter_model.safetensors.")
  private @Nullable Path adapter;

  @Option(
      names = "--precision",
      paramLabel = "TYPE",
      converter = Precision.class,
      defaultValue = "f32",
      description =
          "What to compute in: f32; bf16, which is faster and takes less memory; or f64, which is"
              + " slow. Default: ${DEFAULT-VALUE}.")
  private DataType precision;

  @Mixin private ThreadsOption threads;

  /** The adapter that is named, from {@link #check} until it is on a model. */
  private @Nullable StoredAdapter stored;

  /** What an adapter for text on this model is for. */
  AdapterInfo causalLm() {
    return AdapterInfo.causalLm(name());
  }

  /** The model as it was given, without the revision that a name on the Hub may have. */
  String name() {
    return folder().equals(model)
        ? model.toString()
        : HubModel.of(DownloadedFolder.text(model)).name();
  }

  /** The model as it was given. */
  Path given() {
    return model;
  }

  /** A classifier to be trained on the model, for these labels. */
  TextClassifier loadClassifier(Labels labels, long seed) throws IOException {
    threads.use();
    return TextClassifier.load(folder(), precision, labels, seed);
  }

  /**
   * The classifier that the model is, with the adapter or without one.
   *
   * @param named what its labels may be called if they have no names
   */
  TextClassifier loadClassifier(LabelOptions named) throws IOException {
    threads.use();
    if (stored != null) {
      Labels labels = named.agreed(StoredLabels.ofAdapter(stored, folder()), stored.folder());
      return adapted(TextClassifier.load(folder(), precision, labels, 0), stored);
    }
    TextClassifier loaded = TextClassifier.load(folder(), precision);
    Labels labels = named.agreed(loaded.labels(), folder());
    if (labels.equals(loaded.labels())) {
      return loaded;
    }
    loaded.close();
    return TextClassifier.load(folder(), precision, labels, 0);
  }

  private TextClassifier adapted(TextClassifier loaded, StoredAdapter stored) throws IOException {
    try {
      loaded.adapt(stored);
      close();
      tellNotes(loaded.peft());
      return loaded;
    } catch (IOException | RuntimeException e) {
      loaded.close();
      throw e;
    }
  }

  /** A plain classifier in another folder, computing in the same way. */
  TextClassifier loadOtherClassifier(Path folder) throws IOException {
    return TextClassifier.load(folder, precision);
  }

  /** What the model is for, with the adapter if one is named. */
  Task task() throws IOException {
    return stored == null ? Task.of(folder()) : Task.of(folder(), stored);
  }

  /** Refuses a model, or an adapter, that is for something else. */
  void require(Task task) throws IOException {
    if (stored == null) {
      task.require(folder());
    } else {
      task.require(folder(), stored);
    }
  }

  /** What the adapter is, if one is named. */
  Optional<AdapterSpec> existing() {
    return Optional.ofNullable(stored).map(StoredAdapter::spec);
  }

  /** What the adapter's file says that means nothing on this model is worth knowing. */
  private void tellNotes(PeftModel<?> peft) {
    PrintWriter err = command.commandLine().getErr();
    peft.report().notes().forEach(note -> err.println("note: " + note));
    err.flush();
  }

  /** Where the model lies. */
  Path folder() {
    return DownloadedFolder.of(model);
  }

  /** Where the adapter lies, if one is named. */
  @Nullable Path adapter() {
    return adapter == null ? null : DownloadedFolder.of(adapter);
  }

  /** Looks at everything that can be looked at without loading the model. */
  void check() throws IOException {
    threads.check();
    ModelConfig.read(Places.folder("--model", folder()));
    Path adapter = adapter();
    if (adapter != null) {
      Places.folder("--adapter", adapter);
      stored = StoredAdapter.open(adapter, AdapterSpec.DEFAULT_NAME);
    }
  }

  /** Closes the files of an adapter that has not come to a model. */
  @Override
  public void close() throws IOException {
    if (stored != null) {
      stored.close();
      stored = null;
    }
  }

  /** The model without the adapter. */
  LanguageModel loadBase() throws IOException {
    threads.use();
    return LanguageModel.load(folder(), precision);
  }

  /** Another model, computing in the same way. */
  LanguageModel loadOther(Path folder) throws IOException {
    return LanguageModel.load(folder, precision);
  }

  /** The model with the adapter, if one is named; it must be one that predicts text. */
  LanguageModel load() throws IOException {
    require(Task.LANGUAGE);
    LanguageModel loaded = loadBase();
    adapt(loaded);
    return loaded;
  }

  /** Puts the adapter, if one is named, on the model. */
  void adapt(LanguageModel loaded) throws IOException {
    if (stored != null) {
      loaded.adapt(stored);
      close();
      tellNotes(loaded.peft());
    }
  }
}
