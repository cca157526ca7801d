package org.peft4j.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import org.peft4j.TargetReport;
import org.peft4j.train.Evaluation;

/** What the quickstart says to people. */
final class QuickstartGuide {

  private static final String MARGIN = "   ";

  private final QuickstartFolder folder;

  QuickstartGuide(QuickstartFolder folder) {
    this.folder = folder;
  }

  String welcome() throws IOException {
    return text(
        "%n%s%n",
        Paragraph.of(
            "",
            text(
                "A tiny language model (%s) comes with peft. It tells children's stories and knows"
                    + " nothing else. In about a minute it learns to keep a ship's log from %d"
                    + " examples. All files are kept in %s.",
                size(folder.model()), QuickstartFolder.TRAINING_LOGS, folder.root())));
  }

  static String measured(String title, Evaluation evaluation, String sample) {
    return text(
        """
        %s
           The loss on %d logs that it never trains on is %.2f (perplexity %,.1f).
           Asked to go on from "%s", it writes:

        %s
        """,
        title,
        QuickstartFolder.HELD_OUT_LOGS,
        evaluation.loss(),
        evaluation.perplexity(),
        QuickstartModel.PROMPT,
        Paragraph.of(MARGIN.repeat(2), sample));
  }

  static String training(TargetReport targets, int steps) {
    return text(
        """
        2. Training: %d steps of %d logs each
           A LoRA adapter of rank %d on all linear layers learns, %,d numbers.
           The model's own %,d numbers stay as they are.
        """,
        steps,
        QuickstartModel.BATCH_SIZE,
        QuickstartModel.RANK,
        targets.trainable(),
        targets.total() - targets.trainable());
  }

  String saved(double difference) throws IOException {
    return text(
        """
        4. Saved
           %s, the adapter: %s.
           %s, a plain model with the adapter merged in: %s in float32.
           Loaded again, the merged model gives the scores that model and adapter
           give together, to within %.1e.
        """,
        folder.adapter(),
        size(folder.adapter()),
        folder.merged(),
        size(folder.merged()),
        difference);
  }

  String end(double seconds, Optional<Long> mebibytes) {
    return text(
        """
        Done in %.0f seconds%s. What to try next:

          %3$s generate --model %4$s --adapter %5$s \\
              --prompt "Log of the Kestrel, day two." --temperature 0.7 --max-tokens 150
          %3$s generate --model %4$s --prompt "Once upon a time" \\
              --temperature 0.7 --max-tokens 150
          %3$s inspect %5$s
          %3$s finetune --model %4$s --data %6$s \\
              --method dora --lr 1e-2 --epochs 1 --out %7$s

        %8$s""",
        seconds,
        mebibytes.map(mib -> " with at most " + mib + " MiB of memory").orElse(""),
        Shell.command(Output.PEFT),
        Shell.path(folder.model()),
        Shell.path(folder.adapter()),
        Shell.path(folder.training()),
        Shell.path(folder.root().resolve("dora")),
        Paragraph.of(
            "",
            "Your own examples go into a file like "
                + folder.training()
                + ", and --model takes the folder of any Llama, Mistral or Qwen model from"
                + " Hugging Face."));
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  private static String size(Path place) throws IOException {
    long bytes = QuickstartFolder.bytes(place);
    return bytes < 1 << 20
        ? text("%d KB", Math.round(bytes / 1024.0))
        : text("%.1f MB", bytes / 1024.0 / 1024.0);
  }
}
