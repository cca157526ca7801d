package org.peft4j.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.init.PissaStart;
import org.peft4j.kernel.DataType;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.testkit.Mlp;
import org.peft4j.testkit.StoppedFiles;

/** A process that ends, or the power that fails, at every file operation of saving an adapter. */
class StoppedAdapterSaveTest {

  @TempDir private Path temporary;

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void isKnownAsOurOwnAndCanBeSavedAgain(boolean power) throws IOException {
    PeftModel<Mlp> peft = Peft.adapt(Mlp.random(DataType.FLOAT32, 1), spec());
    Path whole = Files.createDirectory(temporary.resolve("whole"));
    peft.save(whole);
    StoppedFiles files;
    int operation = 0;
    do {
      Path folder = Files.createDirectory(temporary.resolve("run-" + ++operation));
      files = new StoppedFiles(operation, power);
      try {
        peft.save(files.path(folder));
      } catch (StoppedFiles.Stop e) {
        assertThat(files.isStopped()).isTrue();
      }
      assertThat(names(folder).isEmpty() || AdapterStore.isOurs(folder))
          .as("known as our own after operation %d, with %s", operation, names(folder))
          .isTrue();

      peft.save(folder);
      for (String name : names(whole)) {
        assertThat(folder.resolve(name)).hasSameBinaryContentAs(whole.resolve(name));
      }
    } while (files.isStopped());

    assertThat(operation).as("operations: %s", files.done()).isGreaterThan(16);
  }

  private static AdapterSpec spec() {
    return new AdapterSpec(new LoraConfig(4, 8), TargetModules.names("lin0", "lin1"))
        .startedBy(new PissaStart());
  }

  /** The files in {@code folder} but for those that are being written. */
  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .map(entry -> entry.getFileName().toString())
          .filter(name -> !name.startsWith("."))
          .sorted()
          .toList();
    }
  }
}
