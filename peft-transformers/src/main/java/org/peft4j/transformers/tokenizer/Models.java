package org.peft4j.transformers.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The section {@code model}: what cuts words into tokens. */
final class Models {

  private static final Set<String> TYPES = Set.of("BPE", "WordPiece", "WordLevel", "Unigram");

  /** Longer words take time that grows with the square of their length. */
  private static final int LONGEST_WORD = 10_000;

  private Models() {}

  static void check(Part model) {
    if (!model.isObject()) {
      return;
    }
    switch (type(model)) {
      case "BPE" -> checkPairs(model);
      case "WordPiece" -> checkPieces(model);
      case "WordLevel" -> requireKnown(model.at("unk_token"), vocabulary(model));
      case "Unigram" -> checkUnigram(model);
      default -> {}
    }
  }

  /** The oldest files do not name it. */
  private static String type(Part model) {
    if (!model.at("type").isMissing()) {
      return model.at("type").oneOf(TYPES).orElse("");
    }
    if (!model.at("merges").isMissing()) {
      return "BPE";
    }
    return model.at("type").oneOf(TYPES).orElse("");
  }

  private static Set<String> vocabulary(Part model) {
    Part vocabulary = model.at("vocab");
    Set<String> tokens = new HashSet<>();
    if (vocabulary.isObject()) {
      int before = vocabulary.problems().size();
      for (Map.Entry<String, JsonNode> token : vocabulary.json().properties()) {
        tokens.add(token.getKey());
        if (vocabulary.problems().size() == before) {
          new Part(vocabulary.path() + "." + token.getKey(), token.getValue(), model.problems())
              .count(0, AddedTokens.LARGEST_ID);
        }
      }
    }
    return tokens;
  }

  private static void requireKnown(Part token, Set<String> vocabulary) {
    String text = token.text();
    if (token.json().isTextual() && !vocabulary.contains(text)) {
      token.problem("is " + text + ", which is not in the vocabulary");
    }
  }

  private static void checkPieces(Part model) {
    requireKnown(model.at("unk_token"), vocabulary(model));
    model.at("continuing_subword_prefix").text();
    model.at("max_input_chars_per_word").count(1, LONGEST_WORD);
  }

  private static void checkUnigram(Part model) {
    List<Part> pieces = model.at("vocab").list();
    if (pieces.isEmpty()) {
      model.at("vocab").problem("must not be empty");
    }
    int before = model.problems().size();
    for (Part piece : pieces) {
      if (model.problems().size() == before) {
        checkPiece(piece);
      }
    }
    model.at("unk_id").optionalCount(0, Math.max(0, pieces.size() - 1));
    model.at("byte_fallback").flag();
  }

  private static void checkPiece(Part piece) {
    JsonNode json = piece.json();
    boolean fits =
        json.isArray()
            && json.size() == 2
            && json.get(0).isTextual()
            && json.get(1).isNumber()
            && Math.abs(json.get(1).doubleValue()) < 1e9;
    if (!fits) {
      piece.problem("must be a token and its score");
    }
  }

  private static void checkPairs(Part model) {
    Set<String> vocabulary = vocabulary(model);
    Part unknown = model.at("unk_token");
    if (!unknown.isMissing()) {
      requireKnown(unknown, vocabulary);
    }
    String prefix = model.at("continuing_subword_prefix").optionalText().orElse("");
    model.at("end_of_word_suffix").optionalText();
    for (String flag : List.of("fuse_unk", "byte_fallback", "ignore_merges")) {
      model.at(flag).flag();
    }
    if (!model.at("dropout").isMissing()) {
      model.at("dropout").number(0, 1);
    }
    int before = model.problems().size();
    for (Part merge : model.at("merges").list()) {
      if (model.problems().size() == before) {
        checkMerge(merge, prefix, vocabulary);
      }
    }
  }

  private static void checkMerge(Part merge, String prefix, Set<String> vocabulary) {
    Optional<List<String>> pair = pair(merge.json());
    if (pair.isEmpty()) {
      merge.problem("must be two tokens");
      return;
    }
    String first = pair.get().get(0);
    String second = pair.get().get(1);
    if (!second.startsWith(prefix)) {
      merge.problem(
          "must have a second token that begins with continuing_subword_prefix " + prefix);
      return;
    }
    String merged = first + second.substring(prefix.length());
    for (String token : List.of(first, second, merged)) {
      if (!vocabulary.contains(token)) {
        merge.problem("needs the token " + token + ", which is not in the vocabulary");
        return;
      }
    }
  }

  private static Optional<List<String>> pair(JsonNode merge) {
    if (merge.isTextual()) {
      String[] tokens = merge.textValue().split(" ", -1);
      return tokens.length == 2 ? Optional.of(List.of(tokens)) : Optional.empty();
    }
    boolean two = merge.isArray() && merge.size() == 2;
    return two && merge.get(0).isTextual() && merge.get(1).isTextual()
        ? Optional.of(List.of(merge.get(0).textValue(), merge.get(1).textValue()))
        : Optional.empty();
  }
}
