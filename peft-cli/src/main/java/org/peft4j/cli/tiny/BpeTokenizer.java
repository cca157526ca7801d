package org.peft4j.cli.tiny;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What {@link BpeTrainer} learned, as the files Hugging Face reads. Tokens are numbered: the
 * special ones {@code <unk>}, {@code <s>} and {@code </s>}, then the 256 bytes, then what was
 * merged.
 */
public final class BpeTokenizer {

  private static final List<String> SPECIAL = List.of("<unk>", "<s>", "</s>");

  static final int UNLEARNED = SPECIAL.size() + ByteLevel.alphabet().size();

  private static final ObjectMapper JSON = new ObjectMapper();

  /** All but the vocabulary and the merges. As in Llama's tokenizers, {@code <s>} begins a text. */
  private static final String TOKENIZER =
      """
      {
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": [
          {"id": 0, "content": "<unk>", "single_word": false, "lstrip": false, "rstrip": false,
           "normalized": false, "special": true},
          {"id": 1, "content": "<s>", "single_word": false, "lstrip": false, "rstrip": false,
           "normalized": false, "special": true},
          {"id": 2, "content": "</s>", "single_word": false, "lstrip": false, "rstrip": false,
           "normalized": false, "special": true}
        ],
        "normalizer": null,
        "pre_tokenizer":
          {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
        "post_processor": {
          "type": "TemplateProcessing",
          "single": [
            {"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}
          ],
          "pair": [
            {"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
            {"SpecialToken": {"id": "<s>", "type_id": 1}}, {"Sequence": {"id": "B", "type_id": 1}}
          ],
          "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}
        },
        "decoder":
          {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
        "model": {
          "type": "BPE",
          "dropout": null,
          "unk_token": "<unk>",
          "continuing_subword_prefix": null,
          "end_of_word_suffix": null,
          "fuse_unk": false,
          "byte_fallback": false
        }
      }
      """;

  private static final String CONFIG =
      """
      {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "unk_token": "<unk>",
        "bos_token": "<s>",
        "eos_token": "</s>",
        "clean_up_tokenization_spaces": false
      }
      """;

  private final List<TokenPair> merges;

  BpeTokenizer(List<TokenPair> merges) {
    this.merges = List.copyOf(merges);
  }

  /** Number of tokens. */
  public int size() {
    return vocabulary().size();
  }

  /** Writes {@code tokenizer.json} and {@code tokenizer_config.json}. */
  public void save(Path directory) throws IOException {
    Files.createDirectories(directory);
    Files.writeString(directory.resolve("tokenizer.json"), tokenizer());
    Files.writeString(directory.resolve("tokenizer_config.json"), CONFIG);
  }

  private String tokenizer() throws JsonProcessingException {
    ObjectNode tokenizer = (ObjectNode) JSON.readTree(TOKENIZER);
    tokenizer
        .withObject("/model")
        .<ObjectNode>set("vocab", JSON.valueToTree(vocabulary()))
        .set("merges", JSON.valueToTree(merges.stream().map(TokenPair::toString).toList()));
    return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(tokenizer) + "\n";
  }

  /** Two merges may make the same token, which then is numbered once. */
  private Map<String, Integer> vocabulary() {
    Map<String, Integer> ids = new LinkedHashMap<>();
    SPECIAL.forEach(token -> ids.put(token, ids.size()));
    ByteLevel.alphabet().forEach(token -> ids.put(token, ids.size()));
    merges.forEach(pair -> ids.putIfAbsent(pair.merged(), ids.size()));
    return ids;
  }
}
