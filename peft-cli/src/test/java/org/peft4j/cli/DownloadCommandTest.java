package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.testkit.ChildJvm;
import org.peft4j.testkit.FakeHub;

/** Processes of their own, as a Hub is named by the environment. */
class DownloadCommandTest {

  @TempDir Path folder;
  private FakeHub hub;

  @BeforeEach
  void open() throws IOException {
    hub = new FakeHub();
    Path model = TinyModel.write(folder.resolve("model"));
    for (String file : List.of("config.json", "tokenizer.json", "model.safetensors")) {
      hub.with(file, Files.readAllBytes(model.resolve(file)));
    }
  }

  @AfterEach
  void close() {
    hub.close();
  }

  @Test
  void whatWasDownloadedIsFoundByItsName() throws Exception {
    Cli run = peft("download", FakeHub.MODEL, "--json");

    assertThat(run.err()).startsWith("3 files, ").contains("model.safetensors, ");
    assertThat(run.code()).isZero();
    JsonNode told = Cli.parse(run.out());
    assertThat(told.get("commit").textValue()).isEqualTo(FakeHub.COMMIT);
    assertThat(told.get("files").intValue()).isEqualTo(3);
    assertThat(Path.of(told.get("folder").textValue())).isDirectoryContaining("glob:**config.json");
    assertThat(run.out() + run.err()).doesNotContain("hf_secret");

    Path texts = TinyModel.texts(folder.resolve("texts.jsonl"));
    Path out = folder.resolve("out");
    Cli tuned =
        peft("finetune", "--model", FakeHub.MODEL, "--data", texts, "--steps", 1, "--out", out);
    assertThat(tuned.err()).contains("step 1 of 1");
    assertThat(tuned.code()).isZero();
    assertThat(tuned.out()).contains("generate --model " + FakeHub.MODEL + " --adapter " + out);
    assertThat(out.resolve("adapter_config.json"))
        .content()
        .contains("\"base_model_name_or_path\": \"" + FakeHub.MODEL + "\"");
    assertThat(out.resolve("run.yaml")).content().contains("model: \"" + FakeHub.MODEL + "\"");

    Cli merged =
        peft(
            "merge", "--model", FakeHub.MODEL, "--adapter", out, "--out", folder.resolve("merged"));
    assertThat(merged.err()).isEmpty();
    assertThat(folder.resolve("merged/tokenizer.json")).exists();
  }

  @Test
  void aFolderMayBeNamed() throws Exception {
    Path out = folder.resolve("my models/tiny");
    Cli run = peft("download", FakeHub.MODEL, "--out", out, "--exclude", "tok*");

    assertThat(run.code()).isZero();
    assertThat(run.out()).containsPattern("files +2\\R").contains("peft inspect '" + out + "'");
    assertThat(out).isDirectoryNotContaining("glob:**tokenizer.json");
    assertThat(peft("inspect", out).out()).containsPattern("layers +2");
  }

  @Test
  void whatIsNotThereIsToldWithTheWayToGetIt() throws Exception {
    Cli run = peft("generate", "--model", "some-lab/other", "--prompt", "a");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err())
        .isEqualTo(
            "peft generate: --model some-lab/other does not exist; if that is a name on the Hugging"
                + " Face Hub, get it first: peft download some-lab/other"
                + System.lineSeparator());
    assertThat(peft("generate", "--model", "gpt2", "--prompt", "a").err())
        .endsWith(": peft download gpt2" + System.lineSeparator());
    assertThat(peft("generate", "--model", "./gpt2", "--prompt", "a").err())
        .endsWith("--model ./gpt2 does not exist" + System.lineSeparator());

    Cli download = peft("download", "some-lab/other");
    assertThat(download.code()).isEqualTo(2);
    assertThat(download.err())
        .startsWith("peft download: the Hub knows no some-lab/other, or does not accept the token");
    assertThat(hub.requests).extracting(FakeHub.Request::token).containsOnly("Bearer hf_secret");
  }

  @Test
  void mistakesAreToldBeforeAnybodyIsAsked() throws Exception {
    assertThat(peft("download", "a/b/c").err()).contains("ORGANISATION/NAME");
    assertThat(peft("download", "a/b@c", "--revision", "d").err())
        .contains("--revision d and a/b@c name two revisions; leave one out");
    assertThat(peft("download").err()).contains("Missing required parameter: 'NAME'");
    Path file = Files.writeString(folder.resolve("file"), "");
    Cli run = peft("download", FakeHub.MODEL, "--out", file);
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("--out " + file + " cannot be a folder");
    assertThat(hub.requests).isEmpty();
  }

  private Cli peft(Object... arguments) throws IOException, InterruptedException {
    ProcessBuilder process =
        ChildJvm.of(List.of("-Xmx512m"), PeftCommand.class, arguments)
            .redirectError(folder.resolve("err").toFile())
            .redirectOutput(folder.resolve("out.txt").toFile());
    process
        .environment()
        .putAll(
            Map.of(
                "HF_ENDPOINT", hub.address().toString(),
                "HF_HOME", folder.resolve("hf home").toString(),
                "HF_TOKEN", "hf_secret"));
    int code = process.start().waitFor();
    return new Cli(code, read("out.txt"), read("err"));
  }

  private String read(String name) throws IOException {
    return Files.readString(folder.resolve(name), StandardCharsets.UTF_8);
  }
}
