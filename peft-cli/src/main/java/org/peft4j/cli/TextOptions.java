package org.peft4j.cli;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.peft4j.transformers.data.ExampleSettings;
import picocli.CommandLine.Option;

/** What texts to predict look like to the model. */
@Heading("Data")
final class TextOptions {

  @Uses.Without({"--format=plain", "--format=tokens"})
  @Option(names = "--no-eos", description = "Do not end texts and completions with the EOS token.")
  private boolean noEos;

  @Uses.Without({"--format=plain", "--format=tokens", "--format=text"})
  @Option(
      names = "--chat-template",
      paramLabel = "FILE",
      description =
          "A Jinja template for conversations, or plain for plain words. Default: the model's own.")
  private @Nullable Path chat;

  void check() {
    if (chat != null) {
      TemplateFile.check(chat);
    }
  }

  ExampleSettings on(ExampleSettings usual, Path model) throws IOException {
    ExampleSettings settings = noEos ? usual.withoutEos() : usual;
    return chat == null ? settings : settings.with(TemplateFile.read(chat, model));
  }
}
