package org.peft4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.peft4j.cli.tiny.ShipLogs;
import org.peft4j.cli.tiny.TinyModel;

/**
 * Where the quickstart keeps its files.
 *
 * @param root a folder of its own
 */
record QuickstartFolder(Path root) {

  static final int TRAINING_LOGS = 800;
  static final int HELD_OUT_LOGS = 64;

  private static final Path USUAL = Path.of("runs", "quickstart");

  /**
   * Makes the folder and puts the tiny model and the logs into it.
   *
   * @param wanted must be new or empty; without one, the first free name below {@code runs} is
   *     taken, so that nothing is ever lost
   */
  static QuickstartFolder create(@Nullable Path wanted) throws IOException {
    Path root = wanted == null ? unused() : wanted;
    Places.newFolder("--out", root);
    Places.requireEmpty("--out", root);
    QuickstartFolder folder = new QuickstartFolder(root);
    TinyModel.unpack(folder.model());
    ShipLogs.write(folder.training(), 0, TRAINING_LOGS);
    ShipLogs.write(folder.heldOut(), -HELD_OUT_LOGS, HELD_OUT_LOGS);
    return folder;
  }

  private static Path unused() {
    return IntStream.iterate(1, i -> i + 1)
        .mapToObj(i -> i == 1 ? USUAL : USUAL.resolveSibling(USUAL.getFileName() + "-" + i))
        .filter(folder -> !Files.exists(folder))
        .findFirst()
        .orElseThrow();
  }

  /** The pretrained model. */
  Path model() {
    return root.resolve("model");
  }

  /** Logs to train on. */
  Path training() {
    return root.resolve("train.jsonl");
  }

  /** Logs to measure the loss on. */
  Path heldOut() {
    return root.resolve("valid.jsonl");
  }

  /** The trained adapter. */
  Path adapter() {
    return root.resolve("adapter");
  }

  /** The plain model made of both. */
  Path merged() {
    return root.resolve("merged");
  }

  /** How large the tensors are that lie in {@code place}. */
  static long bytes(Path place) throws IOException {
    try (Stream<Path> files = Files.list(place)) {
      Path tensors =
          files.filter(file -> file.toString().endsWith(".safetensors")).findFirst().orElseThrow();
      return Files.size(tensors);
    }
  }
}
