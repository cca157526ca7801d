package org.peft4j.transformers.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.io.JsonFiles;

/**
 * A {@code tokenizer.json}, looked at before the tokenizers library sees it. That library is native
 * and ends the whole process where it meets what it did not expect, so everything it acts on is
 * checked here, kinds of parts that are not known are refused, and so are texts that would grow
 * without bounds and patterns that could search forever.
 */
public final class TokenizerFile {

  /** {@code -Dpeft4j.tokenizer.check=false}: for files of one's own that this is too strict for. */
  private static final String SWITCH = "peft4j.tokenizer.check";

  private TokenizerFile() {}

  /**
   * Makes sure that {@code file} can be given to the library.
   *
   * @throws AdapterFormatException if it cannot; the message names what is wrong
   */
  public static void check(Path file) throws IOException {
    if (!Boolean.parseBoolean(System.getProperty(SWITCH, "true"))) {
      return;
    }
    List<String> problems = problems(JsonFiles.readObject(file));
    if (!problems.isEmpty()) {
      throw new AdapterFormatException(file, problems);
    }
  }

  static List<String> problems(JsonNode json) {
    Part file = new Part("", json, new ArrayList<>());
    requireFinite(file, json);
    Models.check(file.at("model"));
    AddedTokens.check(file.at("added_tokens"));
    Lengths.checkTruncation(file.at("truncation"));
    Lengths.checkPadding(file.at("padding"));
    Normalizers.check(file.at("normalizer"));
    PreTokenizers.check(file.at("pre_tokenizer"));
    PostProcessors.check(file.at("post_processor"));
    Decoders.check(file.at("decoder"));
    return file.problems();
  }

  /** Numbers that no double holds make some parts of the library give up. */
  private static void requireFinite(Part file, JsonNode node) {
    if (node.isNumber() && !Double.isFinite(node.doubleValue())) {
      file.problem("holds a number that is too large");
    }
    node.forEach(inner -> requireFinite(file, inner));
  }

  /** A list of parts of a section, which may hold further ones; none too deep. */
  static List<Part> inner(Part sequence, String key, int depth) {
    int deepest = 8;
    if (depth >= deepest) {
      sequence.problem("is nested deeper than " + deepest + " levels");
      return List.of();
    }
    return sequence.at(key).list();
  }

  /** The kind of a part. */
  static String type(Part part, Set<String> known) {
    return part.isObject() ? part.at("type").oneOf(known).orElse("") : "";
  }
}
