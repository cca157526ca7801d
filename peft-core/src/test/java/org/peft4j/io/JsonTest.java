package org.peft4j.io;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.testkit.Shared;

class JsonTest {

  @TempDir Path folder;

  @Test
  void layoutIsThatOfPython() throws IOException {
    String json = "{\"b\":{\"z\":[1,2.5],\"y\":[]},\"a\":{},\"\u00e9\":null}";
    String expected =
        """
        {
          "a": {},
          "b": {
            "y": [],
            "z": [
              1,
              2.5
            ]
          },
          "\\u00e9": null
        }""";
    ObjectNode object = (ObjectNode) Json.MAPPER.readTree(json);
    assertEquals(expected, new String(Json.pretty(object), StandardCharsets.UTF_8));
  }

  @Test
  void configsOfPeftComeOutAsTheyWentIn() throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.walk(Shared.require("golden"))) {
      files = all.filter(file -> file.endsWith("adapter_config.json")).toList();
    }
    assertTrue(files.size() > 20, files.size() + " files");
    for (Path file : files) {
      String pretty = new String(Json.pretty(Json.readObject(file)), StandardCharsets.UTF_8);
      // Python writes the exponents of very small numbers in a way of its own.
      assertEquals(Files.readString(file).replace("6e-05", "6.0E-5"), pretty, file.toString());
    }
  }

  @Test
  void aFileMustHoldOneObjectAndNothingMore() throws IOException {
    assertProblem("expected a JSON object but found [1]", "[1]");
    assertProblem("expected a JSON object but found ", "");
    assertProblem(
        "not valid JSON: the key 'r' is there twice (line 1, column 11)", "{\"r\":1,\"r\":2}");
    Path file = Files.writeString(folder.resolve("x.json"), "{} {}");
    assertThrows(AdapterFormatException.class, () -> Json.readObject(file));
  }

  @Test
  void whatIsWrongIsSaidInOurOwnWords() throws IOException {
    Map<String, String> problems =
        Map.of(
            "{\"a\":NaN}",
            "NaN and Infinity are no JSON (line 1, column 9)",
            "{\"a\":-Infinity}",
            "NaN and Infinity are no JSON (line 1, column 15)",
            "{\"a\":tru}",
            "the word 'tru' is no JSON (line 1, column 6)",
            "{\"a\":[}",
            "there is a '}' where none belongs (line 1, column 7)",
            "{\"a\":\"\n\"}",
            "there is a control character in it (line 1, column 7)",
            "{\"a\":\"\\x\"}",
            "a string escapes wrongly (line 1, column 8)",
            "{\"a\":01}",
            "a number is written wrongly (line 1, column 7)",
            "{\"a\":" + "1".repeat(2000) + "}",
            "a number is too long to be read",
            "{\"a\":1",
            "it ends too early (line 1, column 7)",
            "{} {}",
            "it goes on after its end (line 1, column 4)");
    assertAll(
        problems.entrySet().stream()
            .map(
                problem ->
                    () ->
                        assertProblem("not valid JSON: " + problem.getValue(), problem.getKey())));
  }

  @Test
  void noMutationMakesJacksonSpeak() throws IOException {
    byte[] good =
        "{\"a\":[1.5,true,null,\"x\\n\u00e9\"],\"b\":{}}".getBytes(StandardCharsets.UTF_8);
    Random random = new Random(3);
    Path file = folder.resolve("x.json");
    for (int i = 0; i < 2000; i++) {
      byte[] bad = good.clone();
      bad[random.nextInt(bad.length)] = (byte) random.nextInt(256);
      Files.write(file, bad);
      try {
        Json.readObject(file);
      } catch (AdapterFormatException e) {
        assertFalse(
            e.getMessage().matches("(?s).*(Jackson|Stream|token|marker|Unexpected|code \\d).*"),
            e.getMessage());
      }
    }
  }

  private void assertProblem(String problem, String json) throws IOException {
    Path file = Files.writeString(folder.resolve("x.json"), json);
    Exception e = assertThrows(AdapterFormatException.class, () -> Json.readObject(file));
    assertEquals(file + ": " + problem, e.getMessage());
  }
}
