package org.peft4j.benchmarks.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.peft4j.benchmarks.steps.Sizes;
import org.peft4j.kernel.DataType;

/**
 * Starts the processes that are compared.
 *
 * @param method of all of them
 * @param sizes of all of them
 * @param progress where to tell what goes on
 */
record Contest(Method method, Sizes sizes, Consumer<String> progress) {

  private static final int TRIED_STEPS = 3;

  /** Enough tokens to compare numbers, few enough to take no time. */
  private static final int CHECKED_TOKENS = 64;

  /**
   * Has both sides compute the same and compares what comes out.
   *
   * @throws IllegalStateException if that differs
   */
  Agreement agreement() throws IOException {
    List<String> arguments = List.of(method.name(), sizes.on(2, CHECKED_TOKENS).toString());
    Process process = new JavaProcess(Agreement.class, List.of(), Map.of(), arguments).start();
    try (BufferedReader reader = process.inputReader()) {
      String line = reader.readLine();
      if (line == null) {
        throw new IOException("the check that both sides compute the same has failed");
      }
      return Agreement.parse(line).require();
    } finally {
      process.destroy();
    }
  }

  /** Training with this library. */
  Contestant ours(DataType type) throws IOException {
    return contestant("ours " + shortName(type), Engine.PEFT4J, type);
  }

  /** A large product alone. */
  Contestant product(DataType type) throws IOException {
    return contestant("product " + shortName(type), Engine.PRODUCT, type);
  }

  /** Training with PyTorch. */
  Contestant peer(DataType type, PeerSetting setting) throws IOException {
    return new Contestant(
        "PyTorch " + shortName(type),
        new JavaProcess(
            Worker.class,
            setting.options(),
            setting.environment(),
            new Task(Engine.PYTORCH, type, method, sizes).arguments()));
  }

  /** The setting in which PyTorch is fastest, each tried alone. */
  PeerSetting fastestSetting(DataType type) throws IOException {
    PeerSetting fastest = PeerSetting.usual(type);
    double least = Double.POSITIVE_INFINITY;
    for (PeerSetting setting : PeerSetting.all()) {
      try (Contestant tried = peer(type, setting)) {
        tried.warmUp(1);
        tried.run(TRIED_STEPS);
        tell("%s, %s: %.0f ms", tried.name(), setting, tried.median());
        if (tried.median() < least) {
          least = tried.median();
          fastest = setting;
        }
      }
    }
    return fastest;
  }

  private Contestant contestant(String name, Engine engine, DataType type) throws IOException {
    return new Contestant(
        name,
        new JavaProcess(
            Worker.class, List.of(), Map.of(), new Task(engine, type, method, sizes).arguments()));
  }

  void tell(String format, Object... values) {
    progress.accept(String.format(Locale.ROOT, format, values));
  }

  private static String shortName(DataType type) {
    return type == DataType.BFLOAT16 ? "bf16" : "f32";
  }
}
