package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.io.AtomicFiles;
import org.peft4j.io.AtomicFolders;
import org.peft4j.io.Checksum;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.Buffer;

/**
 * Whatever happens to the files of a checkpoint, training ends with the same bits as without, by
 * that checkpoint or the one before, or is refused. {@code -Dpeft4j.fuzz=100000} tries more.
 */
class DamagedCheckpointTest {

  private static final int TRIALS = Integer.getInteger("peft4j.fuzz", 100);
  private static final String STATE = SavedState.FILE_NAME;

  @TempDir Path temporary;

  private final List<Trouble> troubles = new ArrayList<>();
  private Path run;
  private double[] unbroken;
  private byte[] state;

  @BeforeEach
  void train() throws IOException {
    unbroken = fit(temporary.resolve("unbroken"), 8);
    run = temporary.resolve("run");
    fit(run, 6);
    state = Files.readAllBytes(run.resolve("checkpoint-6").resolve(STATE));
  }

  @Test
  void noMutationOfAFileGoesUnnoticed() throws IOException {
    Random random = new Random(7);
    Map<String, Integer> outcomes = new TreeMap<>();
    for (int trial = 0; trial < TRIALS; trial++) {
      Path copy = copy(run, "copy-" + trial);
      Path damaged =
          copy.resolve("checkpoint-6").resolve(random.nextInt(20) == 0 ? "adapter" : STATE);
      byte[] mutated = mutated(Files.readAllBytes(damaged), random);
      Files.write(damaged, mutated);

      troubles.clear();
      assertThat(fit(copy, 8)).as("trial %d", trial).isEqualTo(unbroken);

      outcomes.merge(troubles.isEmpty() ? "same bits" : "the one before", 1, Integer::sum);
      delete(copy);
    }
    assertThat(outcomes.get("the one before")).as(outcomes.toString()).isGreaterThan(TRIALS / 2);
  }

  /** Half of the mutations change a single bit, and of those half one of the header. */
  private byte[] mutated(byte[] bytes, Random random) {
    byte[] changed = bytes.clone();
    int header =
        Math.min(
            changed.length,
            8 + (changed.length > 9 ? changed[0] & 0xff | (changed[1] & 0xff) << 8 : 0));
    int at = random.nextInt(random.nextBoolean() ? header : changed.length);
    int length = Math.min(1 + random.nextInt(64), changed.length - at);
    switch (random.nextInt(10)) {
      case 0 -> Arrays.fill(changed, at, at + length, (byte) 0);
      case 1 -> changed = Arrays.copyOf(changed, at);
      case 2 -> changed = Arrays.copyOf(changed, changed.length + length);
      case 3 ->
          System.arraycopy(bytes, random.nextInt(bytes.length - length + 1), changed, at, length);
      case 4 -> changed = without(bytes, at, length);
      default -> changed[at] ^= (byte) (1 << random.nextInt(8));
    }
    return changed;
  }

  private static byte[] without(byte[] bytes, int at, int length) {
    byte[] shorter = new byte[bytes.length - length];
    System.arraycopy(bytes, 0, shorter, 0, at);
    System.arraycopy(bytes, at + length, shorter, at, shorter.length - at);
    return shorter;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          "values"              | "vaLues"               | has 2 problems:
          "optimizer.exp_avg":  | "optimizer.exp_avG":   | has 2 problems:
          "step":"6"            | "step":"7"             | is damaged: its metadata do not fit their checksum
          note best_loss        | nope best_loss         | is damaged: its metadata do not fit their checksum
          "note last":"6"       | "note last":"x"        | is damaged: its metadata do not fit their checksum
          peft4j trainer 2      | peft4j trainer 1       | was written by an earlier version, without checksums; begin anew, or go on with that version
          peft4j trainer 2      | peft4j trainer 9       | holds no state of a training
          """)
  void isPassedOverForTheOneBeforeWhichIsTold(String from, String to, String why)
      throws IOException {
    Path checkpoint = run.resolve("checkpoint-6");
    String text = new String(state, StandardCharsets.ISO_8859_1);
    assertThat(text).contains(from);
    Files.write(
        checkpoint.resolve(STATE), text.replace(from, to).getBytes(StandardCharsets.ISO_8859_1));

    assertThat(fit(run, 8)).isEqualTo(unbroken);

    assertThat(troubles).hasSize(1);
    assertThat(troubles.get(0).what())
        .startsWith(
            "the checkpoint "
                + checkpoint
                + " cannot be used and is called damaged-checkpoint-6 now (")
        .contains(STATE)
        .contains(why)
        .endsWith("; training goes on from step 4");
    assertThat(run.resolve("damaged-checkpoint-6")).isDirectory();
  }

  @Test
  void oneThatIsNotOfItsFoldersStepIsPassedOver() throws IOException {
    Files.copy(
        run.resolve("checkpoint-4").resolve(STATE),
        Files.createDirectory(run.resolve("checkpoint-7")).resolve(STATE));

    assertThat(fit(run, 8)).isEqualTo(unbroken);

    assertThat(troubles.get(0).what())
        .contains("is of step 4, which is not that of its folder's name");
  }

  @Test
  void isRefusedWhereThereIsNoneBefore() throws IOException {
    for (String name : List.of("checkpoint-6", "checkpoint-4")) {
      Files.delete(run.resolve(name).resolve(STATE));
    }

    assertThatThrownBy(() -> fit(run, 8))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessage(
            """
            cannot go on from %1$s: no checkpoint there can be used:
              %1$s/checkpoint-6/%2$s: there is no such file
              %1$s/checkpoint-4/%2$s: there is no such file
            delete them to begin anew"""
                .formatted(run, STATE));
    assertThat(run.resolve("checkpoint-6")).as("nothing was renamed").isDirectory();
  }

  @Test
  void theOnlyOneIsNamedInOneLine() throws IOException {
    AtomicFolders.delete(run.resolve("checkpoint-4"));
    Files.delete(run.resolve("checkpoint-6").resolve(STATE));

    assertThatThrownBy(() -> fit(run, 8))
        .hasMessage(
            "cannot go on from %1$s: %1$s/checkpoint-6/%2$s: there is no such file; it is the only checkpoint: delete it to begin anew"
                .formatted(run, STATE));
  }

  @Test
  void aNoteThatIsMissingIsNamed() {
    assertThatThrownBy(
            () -> WatchNotes.of(run.resolve("checkpoint-6"), Map.of("mark", "1", "last", "2")))
        .isInstanceOf(IOException.class)
        .hasMessage(
            run.resolve("checkpoint-6").resolve(STATE)
                + ": what it tells of evaluations cannot be: without_improvement is missing");
  }

  @Test
  void aTrainingWithOtherVectorsIsAnotherAndNotDamaged() {
    TrainingConfig decaying =
        new TrainingConfig(
            8,
            LearningRate.constant(0.05),
            new AdamWSettings(0.1).decaying(DecayToward.START),
            1,
            1,
            0);

    assertThatThrownBy(() -> fit(run, decaying))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            run.resolve("checkpoint-6")
                + " is of another training:\n  optimizer.start: nothing there, 72 numbers here");
  }

  @Test
  void foldersThatOnlyHaveSuchANameAreNotDeleted() throws IOException {
    Path other = Files.createDirectory(run.resolve("checkpoint-1"));
    Files.writeString(other.resolve("optimizer.pt"), "another program's");

    fit(run, 8);

    assertThat(other.resolve("optimizer.pt")).exists();
    assertThat(run.resolve("checkpoint-2")).doesNotExist();
  }

  @Test
  void aFileWithoutDamageHoldsWhatItHeld() throws IOException {
    try (Safetensors tensors = Safetensors.open(run.resolve("checkpoint-6").resolve(STATE))) {
      Buffer values = tensors.read("values", tensors.info("values").type());
      assertThat(tensors.metadata().get("checksum of values"))
          .startsWith("F64 [72] ")
          .isEqualTo(Checksum.of(values));
    }
  }

  private double[] fit(Path folder, int steps) {
    return fit(folder, new TrainingConfig(steps, 0.05));
  }

  private double[] fit(Path folder, TrainingConfig config) {
    Toy toy = new Toy().saving(at -> AtomicFiles.write(at.resolve("adapter"), new byte[99]));
    TrainingListener listener =
        new TrainingListener() {
          @Override
          public void onStep(StepReport report) {}

          @Override
          public void onTrouble(Trouble trouble) {
            troubles.add(trouble);
          }
        };
    TrainingPlan<Long> plan =
        new TrainingPlan<Long>(listener)
            .saving(new CheckpointPlan(folder, 2, 2, true))
            .evaluating(new EvaluationPlan<Long>(List.of(50L, 51L), 3).keepingBest());
    try (Trainer<Long> trainer = toy.trainer(config)) {
      trainer.fit(Toy.batches(5), plan);
    }
    return toy.values();
  }

  private Path copy(Path folder, String name) throws IOException {
    Path copy = temporary.resolve(name);
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path entry : all.toList()) {
        Files.copy(entry, copy.resolve(folder.relativize(entry).toString()));
      }
    }
    return copy;
  }

  private static void delete(Path folder) throws IOException {
    AtomicFolders.delete(folder);
  }
}
