package org.peft4j.transformers.tokenizer;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The section {@code post_processor}: what adds tokens around a text's own. */
final class PostProcessors {

  private static final Set<String> TYPES =
      Set.of("BertProcessing", "ByteLevel", "RobertaProcessing", "Sequence", "TemplateProcessing");

  private PostProcessors() {}

  static void check(Part processor) {
    if (!processor.isMissing()) {
      check(processor, 0);
    }
  }

  private static void check(Part part, int depth) {
    switch (TokenizerFile.type(part, TYPES)) {
      case "Sequence" ->
          TokenizerFile.inner(part, "processors", depth).forEach(inner -> check(inner, depth + 1));
      case "BertProcessing", "RobertaProcessing" -> {
        checkToken(part.at("sep"));
        checkToken(part.at("cls"));
        part.at("trim_offsets").flag();
        part.at("add_prefix_space").flag();
      }
      case "ByteLevel" -> PreTokenizers.checkByteLevel(part);
      case "TemplateProcessing" -> checkTemplates(part);
      default -> {}
    }
  }

  /** A token and its id. */
  private static void checkToken(Part token) {
    List<Part> two = token.list();
    if (two.size() != 2) {
      token.problem("must be a token and its id");
      return;
    }
    two.get(0).text();
    two.get(1).count(0, AddedTokens.LARGEST_ID);
  }

  private static void checkTemplates(Part part) {
    Set<String> special = specialTokens(part.at("special_tokens"));
    Part single = part.at("single");
    if (checkTemplate(single, special, Set.of("A")).isEmpty() && single.json().isArray()) {
      single.problem("must hold the sequence A");
    }
    checkTemplate(part.at("pair"), special, Set.of("A", "B"));
  }

  private static Set<String> specialTokens(Part tokens) {
    Set<String> names = new HashSet<>();
    if (tokens.isObject()) {
      for (String name : (Iterable<String>) tokens.json()::fieldNames) {
        names.add(name);
        Part token = tokens.at(name);
        if (!token.isObject()) {
          continue;
        }
        token.at("id").text();
        List<Part> ids = token.at("ids").list();
        ids.forEach(id -> id.count(0, AddedTokens.LARGEST_ID));
        List<Part> texts = token.at("tokens").list();
        texts.forEach(Part::text);
        if (ids.size() != texts.size()) {
          token.problem("must have as many ids as tokens");
        }
      }
    }
    return names;
  }

  /** Returns the sequences it holds, each once: more would make texts longer without bounds. */
  private static Set<String> checkTemplate(
      Part template, Set<String> special, Set<String> sequences) {
    Set<String> found = new HashSet<>();
    for (Part piece : template.list()) {
      if (!piece.at("Sequence").isMissing()) {
        Part sequence = piece.at("Sequence");
        String id = sequence.at("id").oneOf(sequences).orElse("");
        sequence.at("type_id").count(0, Integer.MAX_VALUE);
        if (!id.isEmpty() && !found.add(id)) {
          piece.problem("repeats the sequence " + id);
        }
      } else {
        Part token = piece.at("SpecialToken");
        if (token.isObject()) {
          token.at("id").oneOf(special);
          token.at("type_id").count(0, Integer.MAX_VALUE);
        }
      }
    }
    return found;
  }
}
