package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/**
 * No command takes an option and ignores it: for each option of each command there is a command
 * line whose outcome it changes, be it that it is refused.
 */
class IgnoredOptionsTest {

  /** What they do does not show in results, or not of such small runs, and is tested elsewhere. */
  private static final Set<String> INVISIBLE =
      Set.of(
          "generate --precision",
          "--activation-checkpointing",
          "--calibration-memory",
          "--config",
          "--help",
          "--json",
          "--memory-limit",
          "--no-checkpoints",
          "--resume",
          "--skip-faults",
          "--threads",
          "--verbose",
          "--version");

  /**
   * By option, or by command and option: what is given in both runs, and what in one of them only.
   * Words in capitals stand for files.
   */
  private static final Map<String, String> CASES = new TreeMap<>();

  static {
    String cases =
        """
        --adapter            |                              | --adapter ADAPTER
        --precision          |                              | --precision bf16
        --method             |                              | --method dora
        --init               |                              | --init orthogonal
        --rank               |                              | --rank 3
        --alpha              |                              | --alpha 5
        --dropout            |                              | --dropout 0.5
        --option             |                              | --option use_rslora=true
        --targets            |                              | --targets q_proj
        --exclude            |                              | --exclude q_proj
        --layers             | --targets q_proj             | --layers 0
        --modules-to-save    |                              | --modules-to-save norm
        --ignore             |                              | --ignore KEY
        --max-length         |                              | --max-length 4
        --batch-size         |                              | --batch-size 2
        eval --batch-size    |                              | --batch-size 0
        predict --batch-size |                              | --batch-size 0
        --columns            |                              | --columns KEY=other
        --too-long           | --max-length 4               | --too-long refuse
        --skip-bad-lines     | --data BAD                   | --skip-bad-lines
        --format             |                              | --format completion
        --no-eos             |                              | --no-eos
        --chat-template      | --data CHATS                 | --chat-template plain
        --labels             |                              | --labels late,early
        --calibrate          | --init eva                   | --calibrate ELSEWHERE
        --calibration-batches | --init eva                  | --calibration-batches 1
        --statistics         | --init eva                   | --statistics NEW
        --valid              |                              | --valid OTHER
        --eval-every         | --valid OTHER --metrics NEW  | --eval-every 1
        --keep-best          | --valid OTHER --eval-every 1 --steps 4 --lr 10 | --keep-best
        finetune --keep-best | --valid ELSEWHERE --eval-every 1 --steps 9 --lr 0.3 --lr-schedule constant | --keep-best
        --early-stopping     | --valid OTHER --eval-every 1 --steps 5 | --early-stopping 1 --early-stopping-change 100
        --early-stopping-change | --valid OTHER --eval-every 1 --steps 5 --early-stopping 1 | --early-stopping-change 100
        --steps              |                              | --steps 3
        --epochs             |                              | --epochs 1
        --lr                 |                              | --lr 1e-3
        --lr-schedule        |                              | --lr-schedule constant
        --warmup             |                              | --warmup 2
        --optimizer          |                              | --optimizer sgd
        --weight-decay       |                              | --weight-decay 0.5
        --decay-toward       | --weight-decay 0.5           | --decay-toward start
        --lora-plus          |                              | --lora-plus 16
        --grad-accumulation  |                              | --grad-accumulation 2
        --clip               | --optimizer sgd              | --clip 1e-3
        --time-limit         |                              | --time-limit 0.000001s
        --no-shuffle         |                              | --no-shuffle
        --group-by-length    |                              | --group-by-length
        --packing            |                              | --packing
        --seed               |                              | --seed 7
        --checkpoints        |                              | --checkpoints NEW
        --checkpoint-every   | --checkpoints NEW            | --checkpoint-every 1
        --keep-checkpoints   | --checkpoints NEW --checkpoint-every 1 | --keep-checkpoints 1
        --metrics            |                              | --metrics NEW
        --tensorboard        |                              | --tensorboard NEW
        --plot               |                              | --plot PICTURE
        --beta               |                              | --beta 1
        --label-smoothing    |                              | --label-smoothing 0.2
        --ipo                |                              | --ipo
        --text               |                              | --text b
        predict --data       |                              | --data OTHER
        merge --dtype        |                              | --dtype bf16
        merge --labels       |                              | --labels a,b
        convert --rank       |                              | --rank 1
        convert --tolerance  |                              | --tolerance 0.9
        generate --max-tokens |                             | --max-tokens 3
        generate --stop      |                              | --stop k
        generate --temperature |                            | --temperature 5
        generate --top-k     | --temperature 5              | --top-k 1
        generate --top-p     | --temperature 5              | --top-p 0.001
        generate --seed      | --temperature 5              | --seed 7
        generate --prompts   |                              | --prompts TEXTS
        generate --chat      |                              | --chat
        generate --system    | --chat --chat-template plain | --system b
        generate --chat-template | --chat                   | --chat-template plain
        """;
    cases.lines().forEach(line -> CASES.put(line.split("\\|")[0].strip(), line));
  }

  /** What each command needs to run. */
  private static final Map<String, String> COMMANDS =
      Map.of(
          "finetune", "--data TEXTS --out OUT --steps 2",
          "dpo", "--data PAIRS --out OUT --steps 2",
          "classify", "--data LABELLED --out OUT --steps 2",
          "eval", "--data TEXTS",
          "predict", "--adapter CLASSIFIER --text SENTENCE",
          "merge", "--adapter ADAPTER --out OUT",
          "convert", "--adapter ADAPTER --out OUT --to lora",
          "generate", "--prompt a");

  private static final List<String> TIMES =
      List.of(
          "starts",
          "seconds_per_step",
          "tokens_per_second",
          "peak_rss_mib",
          "seconds",
          "seconds_to_first_token");

  @TempDir static Path root;

  private static final Map<String, Object> PLACES = new HashMap<>();
  private static final Map<String, Outcome> KNOWN = new HashMap<>();

  @BeforeAll
  static void write() throws IOException {
    PLACES.put("MODEL", TinyModel.write(root.resolve("model")));
    PLACES.put("TEXTS", TinyModel.texts(root.resolve("texts.jsonl")));
    PLACES.put(
        "PAIRS",
        rows("pairs", "{\"prompt\": \"a b\", \"chosen\": \" c d\", \"rejected\": \" %s f\"}"));
    PLACES.put("LABELLED", labelled("labelled.jsonl"));
    for (String good : List.of("TEXTS", "PAIRS", "LABELLED")) {
      String rows = Files.readString((Path) PLACES.get(good));
      PLACES.put("BAD" + good, Files.writeString(root.resolve("bad" + good), rows + "{}\n"));
    }
    String chat =
        "[{\"role\": \"user\", \"content\": \"a\"}, {\"role\": \"assistant\", \"content\": \"%s\"}]";
    PLACES.put("CHATSTEXTS", rows("chats", "{\"messages\": " + chat + "}"));
    PLACES.put(
        "CHATSPAIRS",
        rows(
            "pairs-of-chats",
            "{\"chosen\": " + chat + ", \"rejected\": " + chat.replace("%s", "u") + "}"));
    PLACES.put("ELSEWHERE", rows("elsewhere", "{\"text\": \"u %s u\"}"));
    PLACES.put("SENTENCE", "a b c d e f");
    PLACES.put("ADAPTER", root.resolve("adapter"));
    PLACES.put("CLASSIFIER", root.resolve("classifier"));
    assertThat(
            Cli.run(line("finetune --model MODEL --data TEXTS --steps 3 --lr 1e-2 --out ADAPTER"))
                .code())
        .isZero();
    assertThat(
            Cli.run(
                    line(
                        "classify --model MODEL --data LABELLED --steps 3 --lr 1e-2 --out CLASSIFIER"))
                .code())
        .isZero();
  }

  private static Path rows(String name, String row) throws IOException {
    StringBuilder rows = new StringBuilder();
    for (int i = 0; i < 12; i++) {
      String letters = String.join(" ", Arrays.asList(TinyModel.WORDS).subList(0, 1 + i % 5));
      rows.append(row.formatted(letters)).append('\n');
    }
    return Files.writeString(root.resolve(name + ".jsonl"), rows);
  }

  private static Path labelled(String name) throws IOException {
    StringBuilder rows = new StringBuilder();
    for (int i = 0; i < 12; i++) {
      String letters = String.join(" ", Arrays.asList(TinyModel.WORDS).subList(i, i + 3 + i % 5));
      rows.append(
          "{\"text\": \"%s\", \"label\": \"%s\"}%n".formatted(letters, i < 6 ? "early" : "late"));
    }
    return Files.writeString(root.resolve(name), rows);
  }

  static Stream<Arguments> options() {
    Map<String, CommandLine> commands = PeftCommand.commandLine().getSubcommands();
    return COMMANDS.keySet().stream()
        .sorted()
        .flatMap(
            command ->
                commands.get(command).getCommandSpec().options().stream()
                    .filter(option -> !option.required() && !option.hidden())
                    .map(OptionSpec::longestName)
                    .filter(
                        option ->
                            !INVISIBLE.contains(option)
                                && !INVISIBLE.contains(command + " " + option))
                    .filter(
                        option ->
                            !COMMANDS.get(command).contains(option + " ")
                                || CASES.containsKey(command + " " + option)
                                || option.equals("--steps"))
                    .map(option -> Arguments.of(command, option)));
  }

  @ParameterizedTest
  @MethodSource("options")
  void everyOptionChangesWhatComesOut(String command, String option) throws IOException {
    String line = CASES.getOrDefault(command + " " + option, CASES.get(option));
    assertThat(line)
        .as("say in CASES how %s of %s shows, or where it is refused", option, command)
        .isNotNull();
    String[] cells = line.split("\\|");

    assertThat(outcome(command, cells[1] + cells[2]))
        .as("with %s and without", option)
        .isNotEqualTo(without(command, cells[1]));
  }

  private Outcome without(String command, String options) throws IOException {
    String line = command + options.stripTrailing();
    if (!KNOWN.containsKey(line)) {
      KNOWN.put(line, outcome(command, options));
    }
    return KNOWN.get(line);
  }

  @Test
  void withoutAChangeTheSameComesOut() throws IOException {
    for (String command : COMMANDS.keySet()) {
      String options =
          command.equals("finetune")
              ? " --valid OTHER --eval-every 1 --checkpoints NEW --metrics NEWER"
              : "";

      assertThat(outcome(command, options)).as(command).isEqualTo(outcome(command, options));
      assertThat(outcome(command, options).code).as(command).isZero();
    }
  }

  /** An adapter that exists goes on as it is. */
  @ParameterizedTest
  @CsvSource({
    "--method dora",
    "--init gaussian",
    "--rank 3",
    "--alpha 5",
    "--dropout 0.5",
    "--option use_rslora=true",
    "--targets q_proj",
    "--exclude q_proj",
    "--modules-to-save norm",
  })
  void nothingIsAskedOfAnAdapterThatItIsNot(String option) throws IOException {
    for (String command : List.of("finetune", "dpo", "classify")) {
      Outcome refused = outcome(command, " --adapter ADAPTER " + option);

      assertThat(refused.code).as(command).isEqualTo(2);
      assertThat(refused.error).as(command).contains("goes on as it is, so these do not agree: ");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "finetune --adapter ADAPTER --calibrate TEXTS | --calibrate is of no use with --adapter",
        "finetune --adapter ADAPTER --statistics NEW | --statistics is of no use with --adapter",
        "finetune --adapter ADAPTER --calibration-batches 2 | --calibration-batches is of no use with --adapter",
        "finetune --calibration-batches 2 | --calibration-batches is of no use here: this start looks at no data; leave it out",
        "finetune --format plain --too-long skip | --too-long is of no use with --format plain",
        "finetune --format plain --no-eos | --no-eos is of no use with --format plain",
        "finetune --format tokens --chat-template plain | --chat-template is of no use with --format tokens",
        "finetune --no-checkpoints --keep-checkpoints 1 | --keep-checkpoints is of no use with --no-checkpoints",
        "finetune --keep-best | --keep-best is of no use without --eval-every",
        "generate --top-k 5 | --top-k is of no use without --temperature",
        "generate --seed 5 --temperature 0 | --seed is of no use without --temperature",
        "generate --system b | --system is of no use without --chat",
        "eval --labels a,b | --labels is of no use to a model that predicts text; leave it out",
        "eval --adapter CLASSIFIER --no-eos --format text | --format, --no-eos are of no use to a classifier; leave them out",
        "merge --labels a,b | --labels is of no use to a model that predicts text; leave it out",
        "predict --columns text=a | --columns is of no use with --text",
        "dpo --packing | --packing is for finetune only",
        "classify --packing | --packing is for finetune only",
        "classify --no-eos | Unknown option: '--no-eos'",
        "classify --format text | Unknown options: '--format', 'text'",
        "dpo --format text | Unknown options: '--format', 'text'",
      })
  void whatWouldBeIgnoredIsRefused(String line, String message) throws IOException {
    String command = line.substring(0, line.indexOf(' '));

    Outcome refused = outcome(command, line.substring(command.length()));

    assertThat(refused.code).isEqualTo(2);
    assertThat(refused.error).startsWith("peft " + command + ": " + message);
  }

  @Test
  void toSayTheDefaultIsToSayNothing() throws IOException {
    assertThat(outcome("generate", " --top-k 0 --temperature 0").code).isZero();
    assertThat(outcome("finetune", " --early-stopping-change 0").code).isZero();
  }

  private record Outcome(int code, String error, List<String> results, Map<String, String> files) {}

  private Outcome outcome(String command, String options) throws IOException {
    Path work = Files.createDirectories(Files.createTempDirectory(root, "run").resolve("files"));
    PLACES.put("OUT", work.resolve("out"));
    PLACES.put("NEW", work.resolve("new"));
    PLACES.put("NEWER", work.resolve("newer"));
    PLACES.put("PICTURE", work.resolve("picture.png"));
    String rows = rows(command);
    PLACES.put("OTHER", PLACES.get(rows));
    PLACES.put("BAD", PLACES.get("BAD" + rows));
    PLACES.put("CHATS", PLACES.get("CHATS" + rows));
    PLACES.put("KEY", Map.of("dpo", "chosen", "classify", "label").getOrDefault(command, "text"));
    if (command.equals("classify")) {
      options = options.replace("ADAPTER", "CLASSIFIER");
    }
    StringBuilder needed = new StringBuilder();
    for (String pair : COMMANDS.get(command).split(" (?=--)")) {
      String name = pair.split(" ")[0];
      boolean instead =
          (" " + options + " ").contains(" " + name + " ")
              || name.equals("--text") && options.contains("--data");
      needed.append(instead ? "" : " " + pair);
    }
    Cli run = Cli.run(line(command + " --model MODEL " + needed + " " + options + " --json"));
    String error = run.code() == 0 ? "" : run.err().replace(work.toString(), "WORK");
    return new Outcome(run.code(), error, results(run, work), files(work));
  }

  private static String rows(String command) {
    return switch (command) {
      case "dpo" -> "PAIRS";
      case "classify", "predict" -> "LABELLED";
      default -> "TEXTS";
    };
  }

  private static List<String> results(Cli run, Path work) {
    List<String> lines = new ArrayList<>();
    for (String line : run.out().lines().toList()) {
      ObjectNode object = (ObjectNode) Cli.parse(line.replace(work.toString(), "WORK"));
      lines.add(object.without(TIMES).toString());
    }
    return lines;
  }

  /**
   * Runs differ in their times, so of lists of times only the length counts. What a command was
   * told is no outcome.
   */
  private static Map<String, String> files(Path folder) throws IOException {
    Map<String, String> files = new TreeMap<>();
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path file :
          all.filter(Files::isRegularFile).filter(f -> !f.endsWith(EffectiveRun.FILE)).toList()) {
        String name = folder.relativize(file).toString();
        boolean timed =
            name.equals("new")
                || name.equals("newer")
                || name.contains("events")
                || name.contains("checkpoint-");
        byte[] bytes = Files.readAllBytes(file);
        files.put(
            name.contains("events") ? "events" : name,
            timed
                ? String.valueOf(
                    new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1).lines().count())
                : String.valueOf(Arrays.hashCode(bytes)));
      }
    }
    return files;
  }

  private static Object[] line(String text) {
    List<Object> arguments = new ArrayList<>();
    for (String word : text.strip().split("\\s+")) {
      String key = word.replaceAll("=.*", "");
      String rest = word.substring(key.length());
      arguments.add(PLACES.getOrDefault(key, key) + rest);
    }
    return arguments.toArray();
  }
}
