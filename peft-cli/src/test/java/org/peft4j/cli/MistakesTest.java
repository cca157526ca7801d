package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.initializer.Initializer;
import org.peft4j.initializer.Initializers;
import org.peft4j.spec.AdapterMethods;

/** What people get wrong, and what they are told. */
class MistakesTest {

  @TempDir Path folder;
  private Path model;
  private Path texts;
  private Path out;

  @BeforeEach
  void write() throws IOException {
    Workplace fresh = Workplace.in(folder);
    model = fresh.model();
    texts = fresh.texts();
    out = fresh.out();
  }

  /** As the fields say by now: some tests have another model, other texts or another place. */
  private Workplace place() {
    return new Workplace(folder, model, texts, out);
  }

  @Test
  void aCommandIsWanted() {
    Cli.refused("peft: Missing required subcommand; 'peft --help' tells more");
  }

  @Test
  void anUnknownCommandIsRefused() {
    Cli.refused(
        "peft: Unmatched argument at index 0: 'evla'; did you mean eval or classify?; 'peft --help'"
            + " tells more",
        "evla");
  }

  @Test
  void missingOptionsAreNamed() {
    Cli.refused(
        "peft eval: Missing required options: '--model=DIR', '--data=FILE'; 'peft eval --help'"
            + " tells more",
        "eval");
  }

  @Test
  void aMisspeltOptionIsNamed() {
    Cli.refused(
        "peft eval: Unknown options: '--modle', 'm'; did you mean --model?; Missing"
            + " required option: '--model=DIR'; 'peft eval --help' tells more",
        "eval",
        "--modle",
        "m",
        "--data",
        texts);
  }

  @Test
  void whatIsNoNumberIsRefused() {
    Cli.refused(
        "peft finetune: Invalid value for option '--rank': 'eight' is not an int; 'peft finetune"
            + " --help' tells more",
        place().finetune("--rank", "eight"));
  }

  @Test
  void aMissingModelIsNamed() {
    model = folder.resolve("nowhere");
    Cli.refused("peft finetune: --model " + model + " does not exist", place().finetune());
  }

  @Test
  void aFolderThatIsNoModelIsRefused() {
    model = folder;
    Cli.refused(
        "peft finetune: "
            + folder
            + ": is no model directory: it holds no config.json; models lie in "
            + folder.resolve("model"),
        place().finetune());
  }

  @Test
  void missingExamplesAreNamed() {
    texts = folder.resolve("nothing.jsonl");
    Cli.refused("peft finetune: --data " + texts + " does not exist", place().finetune());
    Cli.refused(
        "peft finetune: --valid " + texts + " does not exist",
        replaced(place().finetune("--valid", texts), "--data", folder.resolve("texts.jsonl")));
  }

  @Test
  void brokenLinesAreCounted() throws IOException {
    Files.writeString(texts, "{\"text\": \"a b\"}\n{\"text\": \"a b\"\n{\"txt\": \"a b\"}\n");
    Cli run = Cli.run(place().finetune());

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err())
        .startsWith(
            "peft finetune: "
                + texts
                + ": 2 of 3 rows cannot be used:\n  line 2: is not valid JSON: ")
        .contains("\n  line 3: needs \"input_ids\"");
    assertThat(out).doesNotExist();
  }

  @Test
  void aBrokenValidationFileStopsTrainingBeforeItStarts() throws IOException {
    Path valid = Files.writeString(folder.resolve("valid.jsonl"), "nothing\n");
    Cli run = Cli.run(place().finetune("--valid", valid));

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).startsWith("peft finetune: " + valid).doesNotContain("step 1");
  }

  @Test
  void anUnknownMethodIsRefused() {
    List<String> known = AdapterMethods.all().stream().map(AdapterConfig::method).sorted().toList();
    List<String> starts = Initializers.all().stream().map(Initializer::name).sorted().toList();

    Cli.refused(
        "peft finetune: unknown method lroa; known are %s, and lora from the starts %s"
            .formatted(known, starts),
        place().finetune("--method", "lroa"));
  }

  @Test
  void fasterFactorsAreRefusedWhereThereAreNone() {
    Cli.refused(
        "peft finetune: --lora-plus 16.0: nothing called lora_B trains, so it cannot train 16.0"
            + " times as fast; what trains is called [q_proj.miss_block]",
        place().finetune("--method", "miss", "--targets", "q_proj", "--lora-plus", "16"));
    Cli.refused(
        "peft finetune: --lora-plus must be above 0 but was 0.0",
        place().finetune("--lora-plus", "0"));
    Cli.refused(
        "peft finetune: --lora-plus must be above 0 but was -2.0",
        place().finetune("--lora-plus", "-2"));
  }

  @Test
  void decayWantsAPlaceAndAStrength() {
    Cli.refused(
        "peft finetune: Invalid value for option '--decay-toward': must be zero or start but was"
            + " origin; 'peft finetune --help' tells more",
        place().finetune("--decay-toward", "origin"));
    Cli.refused(
        "peft finetune: --decay-toward start wants a --weight-decay above 0, which is how hard it"
            + " pulls",
        place().finetune("--decay-toward", "start"));
  }

  @Test
  void twoStartsAreRefused() {
    Cli.refused(
        "peft finetune: --method pissa and --init olora are two starts; leave one out",
        place().finetune("--method", "pissa", "--init", "olora"));
  }

  @Test
  void aStartIsRefusedWhereThereAreNoFactorsToStart() {
    Cli.refused(
        "peft finetune: pissa starts low-rank factors, which miss does not have; leave the start"
            + " out, or adapt with lora",
        place().finetune("--method", "miss", "--init", "pissa"));
  }

  @Test
  void dataToLookAtAreRefusedWhereNobodyLooks() {
    Cli.refused(
        "peft finetune: --calibrate is of no use here: this start looks at no data; leave it out",
        place().finetune("--method", "pissa", "--calibrate", texts));
  }

  @Test
  void anUnknownTargetIsRefused() {
    Cli.refused(
        "peft finetune: no target module matched [q_porj]; the model has down_proj (2),"
            + " embed_tokens (1), gate_proj (2), k_proj (2), lm_head (1), o_proj (2), q_proj (2),"
            + " up_proj (2), v_proj (2)",
        place().finetune("--targets", "q_porj,v_proj"));
  }

  @Test
  void layersWantNames() {
    Cli.refused(
        "peft finetune: --layers [0] wants --targets to be names, such as q_proj,v_proj, but it is"
            + " all-linear",
        place().finetune("--layers", "0"));
  }

  @Test
  void anUnknownSettingIsRefused() {
    Cli.refused(
        "peft finetune: --option lora_rank is no setting of lora; its settings are r, lora_alpha,"
            + " lora_dropout, use_rslora, lora_bias",
        place().finetune("--option", "lora_rank=3"));
  }

  @Test
  void aMethodWithoutSettingsSaysSo() {
    Cli.refused(
        "peft finetune: --option r is no setting of full; its settings are none",
        place().finetune("--method", "full", "--option", "r=3"));
    Cli.refused(
        "peft finetune: --rank means none of the settings of full; name one with --option"
            + " KEY=VALUE: none",
        place().finetune("--method", "full", "--rank", "3"));
  }

  @Test
  void aDrawOfNothingIsRefused() {
    Cli.refused(
        "peft finetune: hft picks none of the 2 tensors there are to choose from,"
            + " [model.layers.0.self_attn.q_proj.weight, model.layers.1.self_attn.q_proj.weight];"
            + " offer it more, or change HftConfig[level=CATEGORY, ratio=0.1, seed=0, round=0,"
            + " updateEmbeddings=true]",
        place().finetune("--method", "hft", "--targets", "q_proj", "--option", "ratio=0.1"));
  }

  @Test
  void aSettingOfTheWrongKindIsRefused() {
    Cli.refused(
        "peft finetune: --option: use_rslora must be true or false but was 1",
        place().finetune("--option", "use_rslora=1"));
  }

  @Test
  void numbersOutOfRangeAreRefused() {
    Cli.refused("peft finetune: rank must be at least 1 but was 0", place().finetune("--rank", 0));
    Cli.refused(
        "peft finetune: --steps must be at least 1 but was 0", place().finetune("--steps", 0));
    Cli.refused("peft finetune: --lr must be above 0 but was 0.0", place().finetune("--lr", 0));
    Cli.refused(
        "peft finetune: --clip must be at least 0 but was -1.0", place().finetune("--clip", -1));
    Cli.refused(
        "peft finetune: --batch-size must be at least 1 but was 0",
        place().finetune("--batch-size", 0));
    Cli.refused(
        "peft finetune: --threads must be at least 1 but was 0", place().finetune("--threads", 0));
    Cli.refused(
        "peft finetune: --max-length must be at most 32, the longest text the model takes, but was"
            + " 33",
        place().finetune("--max-length", 33));
  }

  @Test
  void stepsAndEpochsExcludeEachOther() {
    Cli.refused(
        "peft finetune: --steps 5 and --epochs 2 exclude each other; leave one out",
        place().finetune("--steps", 5, "--epochs", 2));
  }

  @Test
  void precisionsAndSchedulesAreListed() {
    Cli.refused(
        "peft finetune: Invalid value for option '--precision': must be f32, bf16 or f64 but was f16;"
            + " 'peft finetune --help' tells more",
        place().finetune("--precision", "f16"));
    Cli.refused(
        "peft finetune: Invalid value for option '--lr-schedule': must be constant, linear, cosine,"
            + " cosine_with_restarts or polynomial but was step; 'peft finetune --help' tells more",
        place().finetune("--lr-schedule", "step"));
  }

  @Test
  void theModelIsNotWrittenOver() {
    out = model;
    Cli.refused(
        "peft finetune: --out " + out + " is also --model; name another folder",
        place().finetune());
  }

  @Test
  void aFileIsNoPlaceForAnAdapter() {
    out = texts.resolve("adapter");
    Cli.refused(
        "peft finetune: --out %s cannot be a folder: %s is a file".formatted(out, texts),
        place().finetune());
  }

  @Test
  void metricsWantAFolder() {
    Path metrics = texts.resolve("metrics.jsonl");
    Cli.refused(
        "peft finetune: --metrics %s cannot be written: %s is a file".formatted(metrics, texts),
        place().finetune("--metrics", metrics));
  }

  @Test
  void picturesArePngOrSvg() {
    Path plot = folder.resolve("loss.jpg");
    Cli.refused(
        "peft finetune: --plot %s: a picture must end in .png or .svg but was loss.jpg"
            .formatted(plot),
        place().finetune("--plot", plot));
  }

  @Test
  void eventsForTensorBoardWantAFolder() {
    Path file = texts.resolve("runs");
    Cli.refused(
        "peft finetune: --tensorboard %s cannot be a folder: %s is a file".formatted(file, texts),
        place().finetune("--tensorboard", file));
  }

  @Test
  void anAdapterGoesOnAsItIs() {
    Cli.json(place().finetune("--steps", 1, "--rank", 4, "--targets", "v_proj"));
    Path adapter = out;
    out = folder.resolve("second");

    Cli.refused(
        "peft finetune: --adapter %s goes on as it is, so these do not agree: --rank 8 but it has rank 4; --targets q_proj but it is on v_proj; leave them out"
            .formatted(adapter),
        place().finetune("--adapter", adapter, "--rank", 8, "--targets", "q_proj"));
    Cli.refused(
        "peft finetune: --adapter %s goes on as it is, so these do not agree: --method dora but it is lora; leave them out"
            .formatted(adapter),
        place().finetune("--adapter", adapter, "--method", "dora"));
    Cli.refused(
        "peft finetune: --adapter %s goes on as it is, so these do not agree: lora_alpha 3 but it has 16; use_rslora true but it has false; --layers, which cannot change; leave them out"
            .formatted(adapter),
        place()
            .finetune(
                "--adapter", adapter, "--alpha", 3, "--option", "use_rslora=true", "--layers", 0));
  }

  @Test
  void anAdapterThatExistsHasStarted() {
    Cli.json(place().finetune("--steps", 1, "--rank", 4));
    Path adapter = out;
    out = folder.resolve("second");

    Cli.refused(
        "peft finetune: --adapter %s goes on as it is, so these do not agree: a start by pissa but it has started; leave them out"
            .formatted(adapter),
        place().finetune("--adapter", adapter, "--init", "pissa"));
  }

  @Test
  void anUnknownStartIsRefusedWithThoseThereAre() {
    assertThat(Cli.run(place().finetune("--init", "pisa")).err())
        .startsWith("peft finetune: unknown start --init pisa; known are [")
        .contains("pissa");
  }

  @Test
  void aFolderThatIsNoAdapterIsRefused() {
    Cli.refused(
        ("peft eval: %s: holds no adapter_config.json, so it is not an adapter but a model, which"
                + " goes where the model is named")
            .formatted(model),
        "eval",
        "--model",
        model,
        "--data",
        texts,
        "--adapter",
        model);
  }

  @Test
  void thereMustBeSomethingToMerge() {
    Cli.refused(
        "peft merge: --adapter DIR is missing: there is nothing to merge",
        "merge",
        "--model",
        model,
        "--out",
        out);
  }

  @Test
  void aFolderOfNeitherKindIsRefused() {
    Cli.refused(
        "peft inspect: "
            + folder
            + " holds neither config.json, as models do, nor adapter_config.json",
        "inspect",
        folder);
  }

  @Test
  void tokensOutsideTheVocabularyAreRefused() {
    Cli run =
        Cli.run("logits", "--model", model, "--tokens", "1,24", "--out", folder.resolve("x.st"));

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("24");
  }

  @Test
  void detailsAreShownToThoseWhoAsk() {
    Cli run = Cli.run(place().finetune("--rank", 0, "--verbose"));

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err())
        .startsWith("peft finetune: rank must be at least 1 but was 0\n")
        .contains("\tat org.peft4j.");
  }

  private static Object[] replaced(Object[] arguments, String option, Object value) {
    arguments[Arrays.asList(arguments).indexOf(option) + 1] = value;
    return arguments;
  }
}
