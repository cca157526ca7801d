package org.peft4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.cli.tiny.StoryGrammar;
import org.peft4j.cli.tiny.TinyModel;
import org.peft4j.transformers.TextClassifier;
import org.peft4j.transformers.checkpoint.Task;
import org.peft4j.transformers.model.Labels;

class ClassifyTextsTest {

  @TempDir Path folder;

  @Test
  void runs() throws IOException {
    Path model = folder.resolve("model");
    TinyModel.unpack(model);

    String told = run(model, texts("train.jsonl", 0, 60), texts("test.jsonl", 60, 80));

    assertThat(told).containsPattern("accuracy (0\\.9|1\\.0)").contains("log (");
    try (var trained = TextClassifier.load(model, folder.resolve("adapter"))) {
      assertThat(trained.labels()).isEqualTo(Labels.of("log", "story"));
    }
    assertThat(Task.of(folder.resolve("merged"))).isEqualTo(Task.CLASSIFICATION);
  }

  private String run(Path model, Path train, Path test) throws IOException {
    return Printed.by(
        () ->
            ClassifyTexts.main(
                model.toString(),
                train.toString(),
                test.toString(),
                folder.resolve("adapter").toString(),
                folder.resolve("merged").toString(),
                StoryGrammar.log(99)));
  }

  private Path texts(String name, int first, int end) throws IOException {
    List<String> rows = new ArrayList<>();
    for (int i = first; i < end; i++) {
      rows.add(row(StoryGrammar.log(i), "log"));
      rows.add(row(StoryGrammar.story(i), "story"));
    }
    return Files.write(folder.resolve(name), rows);
  }

  private static String row(String text, String label) {
    return new ObjectMapper().createObjectNode().put("text", text).put("label", label).toString();
  }
}
