package org.peft4j.transformers.tokenizer;

import java.util.List;
import java.util.Set;

/** The section {@code normalizer}: what is done to a text first. */
final class Normalizers {

  private static final Set<String> TYPES =
      Set.of(
          "BertNormalizer",
          "Strip",
          "StripAccents",
          "NFC",
          "NFD",
          "NFKC",
          "NFKD",
          "Sequence",
          "Lowercase",
          "Nmt",
          "Precompiled",
          "Replace",
          "Prepend",
          "ByteLevel");

  private Normalizers() {}

  static void check(Part normalizer) {
    if (!normalizer.isMissing()) {
      Growth growth = new Growth();
      check(normalizer, growth, 0);
      growth.check(normalizer);
    }
  }

  private static void check(Part part, Growth growth, int depth) {
    switch (TokenizerFile.type(part, TYPES)) {
      case "Sequence" ->
          TokenizerFile.inner(part, "normalizers", depth)
              .forEach(inner -> check(inner, growth, depth + 1));
      case "BertNormalizer" ->
          flags(part, "clean_text", "handle_chinese_chars", "strip_accents", "lowercase");
      case "Strip" -> flags(part, "strip_left", "strip_right");
      case "Prepend" -> part.at("prepend").text();
      case "Precompiled" -> Charsmap.check(part.at("precompiled_charsmap"));
      case "Replace" -> growth.add(Patterns.check(part.at("pattern")), part.at("content").text());
      default -> {}
    }
  }

  private static void flags(Part part, String... names) {
    List.of(names).forEach(name -> part.at(name).flag());
  }
}
