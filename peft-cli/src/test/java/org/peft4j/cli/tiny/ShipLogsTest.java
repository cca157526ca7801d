package org.peft4j.cli.tiny;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShipLogsTest {

  @TempDir Path folder;

  @Test
  void asksForTheRestOfALogAfterItsFirstSentence() throws IOException {
    Path file = folder.resolve("logs.jsonl");
    ShipLogs.write(file, -3, 3);

    List<String> rows = Files.readAllLines(file);
    assertThat(rows).hasSize(3);
    JsonNode row = new ObjectMapper().readTree(rows.get(0));
    assertThat(row.get("prompt").asText()).endsWith(".");
    assertThat(row.get("completion").asText()).startsWith(" ");
    assertThat(row.get("prompt").asText() + row.get("completion").asText())
        .isEqualTo(StoryGrammar.log(-3));
  }
}
