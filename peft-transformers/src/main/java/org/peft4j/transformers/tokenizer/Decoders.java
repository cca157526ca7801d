package org.peft4j.transformers.tokenizer;

import java.util.Set;

/** The section {@code decoder}: what makes text of tokens. */
final class Decoders {

  private static final Set<String> TYPES =
      Set.of(
          "BPEDecoder",
          "ByteFallback",
          "ByteLevel",
          "CTC",
          "Fuse",
          "Metaspace",
          "Replace",
          "Sequence",
          "Strip",
          "WordPiece");

  /** More than any token has characters. */
  private static final int LONGEST = 10_000;

  private Decoders() {}

  static void check(Part decoder) {
    if (!decoder.isMissing()) {
      Growth growth = new Growth();
      check(decoder, growth, 0);
      growth.check(decoder);
    }
  }

  private static void check(Part part, Growth growth, int depth) {
    switch (TokenizerFile.type(part, TYPES)) {
      case "Sequence" ->
          TokenizerFile.inner(part, "decoders", depth)
              .forEach(inner -> check(inner, growth, depth + 1));
      case "BPEDecoder" -> part.at("suffix").text();
      case "ByteLevel" -> PreTokenizers.checkByteLevel(part);
      case "CTC" -> {
        part.at("pad_token").text();
        part.at("word_delimiter_token").text();
        part.at("cleanup").flag();
      }
      case "Metaspace" -> PreTokenizers.checkMetaspace(part);
      case "Replace" -> growth.add(Patterns.check(part.at("pattern")), part.at("content").text());
      case "Strip" -> checkStrip(part);
      case "WordPiece" -> {
        part.at("prefix").text();
        part.at("cleanup").flag();
      }
      default -> {}
    }
  }

  /** Taking characters from the end of a token that has fewer ends the process. */
  private static void checkStrip(Part part) {
    part.at("content").character();
    part.at("start").count(0, LONGEST);
    part.at("stop").count(0, 0);
  }
}
