package org.peft4j.transformers.tokenizer;

import java.util.List;
import java.util.Set;

/** The section {@code pre_tokenizer}: what cuts a text into words. */
final class PreTokenizers {

  private static final Set<String> TYPES =
      Set.of(
          "BertPreTokenizer",
          "ByteLevel",
          "CharDelimiterSplit",
          "Digits",
          "FixedLength",
          "Metaspace",
          "Punctuation",
          "Sequence",
          "Split",
          "UnicodeScripts",
          "Whitespace",
          "WhitespaceSplit");

  private static final Set<String> BEHAVIORS =
      Set.of("Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous");

  private PreTokenizers() {}

  static void check(Part preTokenizer) {
    if (!preTokenizer.isMissing()) {
      check(preTokenizer, 0);
    }
  }

  private static void check(Part part, int depth) {
    switch (TokenizerFile.type(part, TYPES)) {
      case "Sequence" ->
          TokenizerFile.inner(part, "pretokenizers", depth)
              .forEach(inner -> check(inner, depth + 1));
      case "ByteLevel" -> checkByteLevel(part);
      case "CharDelimiterSplit" -> part.at("delimiter").character();
      case "Digits" -> part.at("individual_digits").flag();
      case "FixedLength" -> part.at("length").count(1, Integer.MAX_VALUE);
      case "Metaspace" -> checkMetaspace(part);
      case "Punctuation" -> {
        if (!part.at("behavior").isMissing()) {
          part.at("behavior").oneOf(BEHAVIORS);
        }
      }
      case "Split" -> {
        Patterns.check(part.at("pattern"));
        part.at("behavior").oneOf(BEHAVIORS);
        part.at("invert").flag();
      }
      default -> {}
    }
  }

  static void checkByteLevel(Part part) {
    List.of("add_prefix_space", "trim_offsets", "use_regex").forEach(name -> part.at(name).flag());
  }

  static void checkMetaspace(Part part) {
    part.at("replacement").character();
    part.at("add_prefix_space").flag();
    part.at("split").flag();
    if (!part.at("prepend_scheme").isMissing()) {
      part.at("prepend_scheme").oneOf(Set.of("first", "never", "always"));
    }
  }
}
