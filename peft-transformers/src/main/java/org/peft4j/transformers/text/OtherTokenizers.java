package org.peft4j.transformers.text;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a folder holds in which a {@code tokenizer.json} was looked for. */
final class OtherTokenizers {

  private static final Map<String, String> KINDS = kinds();

  private OtherTokenizers() {}

  private static Map<String, String> kinds() {
    Map<String, String> kinds = new LinkedHashMap<>();
    kinds.put("tokenizer.model", "a SentencePiece or tiktoken model");
    kinds.put("spiece.model", "a SentencePiece model");
    kinds.put("merges.txt", "a vocabulary with merges");
    kinds.put("vocab.txt", "a vocabulary");
    kinds.put("vocab.json", "a vocabulary");
    return kinds;
  }

  /** Says what is there instead and how to make of it what is wanted. */
  static String instead(Path directory) {
    String missing = "holds no " + Tokenizer.FILE_NAME;
    for (Map.Entry<String, String> kind : KINDS.entrySet()) {
      if (Files.exists(directory.resolve(kind.getKey()))) {
        return missing
            + " but "
            + kind.getKey()
            + ", "
            + kind.getValue()
            + ", which is not read here; convert it in Python:"
            + " AutoTokenizer.from_pretrained(FOLDER, use_fast=True).save_pretrained(FOLDER)";
      }
    }
    return missing + ", which texts need; copy it from the model that this one was made from";
  }
}
