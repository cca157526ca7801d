package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** What a run of the command left behind. */
record Cli(int code, String out, String err) {

  static Cli run(Object... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    String[] words = Arrays.stream(arguments).map(Object::toString).toArray(String[]::new);
    int code = PeftCommand.run(new PrintWriter(out, true), new PrintWriter(err, true), words);
    return new Cli(code, out.toString(), err.toString());
  }

  /** A run that must work and end with a JSON object. */
  static JsonNode json(Object... arguments) {
    Cli run = run(Stream.concat(Arrays.stream(arguments), Stream.of("--json")).toArray());
    if (run.code != 0) {
      throw new AssertionError("exit code " + run.code + ": " + run.err);
    }
    List<String> lines = run.out.lines().toList();
    return parse(lines.get(lines.size() - 1));
  }

  /** A run that must say this, and nothing else, and end as one that was asked the wrong thing. */
  static void refused(String message, Object... arguments) {
    assertThat(run(arguments)).isEqualTo(new Cli(2, "", message + System.lineSeparator()));
  }

  static JsonNode parse(String json) {
    try {
      return new ObjectMapper().readTree(json);
    } catch (JsonProcessingException e) {
      throw new AssertionError(json, e);
    }
  }
}
