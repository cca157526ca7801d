package org.peft4j.transformers.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Makes a {@code tokenizer.json} slightly wrong, or puts parts into it that others have. */
final class TokenizerMutations {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** What somebody might write where something else belongs. */
  private static final List<String> ODD =
      List.of(
          "null",
          "true",
          "false",
          "0",
          "1",
          "-1",
          "2",
          "255",
          "65536",
          "4294967295",
          "4294967296",
          "18446744073709551615",
          "18446744073709551616",
          "1.5",
          "-0.0",
          "1e308",
          "1e400",
          "-1e400",
          "\"\"",
          "\" \"",
          "\"a\"",
          "\"##\"",
          "\"\u2581\"",
          "\"\\u0000\"",
          "\"\ud83d\ude00\"",
          "\"<s>\"",
          "\"AAAA\"",
          "\"(\"",
          "\"(a+)+b\"",
          "\"(?=a)*\"",
          "\"\\\\1\"",
          "\"[\"",
          "[]",
          "{}",
          "[[]]",
          "[null]",
          "{\"a\":1}",
          "[\"a\",1]",
          "[1,\"a\"]",
          "\"B\"",
          "\"A\"");

  private static final List<String> NORMALIZERS =
      List.of(
          "{\"type\":\"BertNormalizer\",\"clean_text\":true,\"handle_chinese_chars\":true,\"strip_accents\":null,\"lowercase\":true}",
          "{\"type\":\"Strip\",\"strip_left\":true,\"strip_right\":true}",
          "{\"type\":\"StripAccents\"}",
          "{\"type\":\"NFC\"}",
          "{\"type\":\"NFKD\"}",
          "{\"type\":\"Lowercase\"}",
          "{\"type\":\"Nmt\"}",
          "{\"type\":\"ByteLevel\"}",
          "{\"type\":\"Prepend\",\"prepend\":\"\u2581\"}",
          "{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"AAAA\"}",
          "{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"BAAAAAAAAABhAA==\"}",
          "{\"type\":\"Replace\",\"pattern\":{\"String\":\"e\"},\"content\":\"eee\"}",
          "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\" {2,}\"},\"content\":\"\"}",
          "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"(e*)*b\"},\"content\":\"x\"}",
          "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFD\"},{\"type\":\"StripAccents\"}]}");

  private static final List<String> PRE_TOKENIZERS =
      List.of(
          "{\"type\":\"ByteLevel\",\"add_prefix_space\":true,\"trim_offsets\":true,\"use_regex\":true}",
          "{\"type\":\"BertPreTokenizer\"}",
          "{\"type\":\"Whitespace\"}",
          "{\"type\":\"WhitespaceSplit\"}",
          "{\"type\":\"UnicodeScripts\"}",
          "{\"type\":\"CharDelimiterSplit\",\"delimiter\":\"a\"}",
          "{\"type\":\"Digits\",\"individual_digits\":true}",
          "{\"type\":\"FixedLength\",\"length\":3}",
          "{\"type\":\"FixedLength\",\"length\":0}",
          "{\"type\":\"Metaspace\",\"replacement\":\"\u2581\",\"prepend_scheme\":\"first\",\"split\":true}",
          "{\"type\":\"Punctuation\",\"behavior\":\"Isolated\"}",
          "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"\\\\s+(?!\\\\S)|\\\\s+\"},\"behavior\":\"MergedWithNext\",\"invert\":false}",
          "{\"type\":\"Split\",\"pattern\":{\"String\":\"a\"},\"behavior\":\"Contiguous\",\"invert\":true}",
          "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Whitespace\"},{\"type\":\"Digits\",\"individual_digits\":false}]}");

  private static final List<String> DECODERS =
      List.of(
          "{\"type\":\"BPEDecoder\",\"suffix\":\"</w>\"}",
          "{\"type\":\"ByteFallback\"}",
          "{\"type\":\"ByteLevel\",\"add_prefix_space\":true,\"trim_offsets\":true,\"use_regex\":true}",
          "{\"type\":\"CTC\",\"pad_token\":\"<pad>\",\"word_delimiter_token\":\"|\",\"cleanup\":true}",
          "{\"type\":\"Fuse\"}",
          "{\"type\":\"Strip\",\"content\":\" \",\"start\":1,\"stop\":2}",
          "{\"type\":\"Metaspace\",\"replacement\":\"\u2581\",\"prepend_scheme\":\"always\",\"split\":true}",
          "{\"type\":\"Replace\",\"pattern\":{\"String\":\"a\"},\"content\":\"b\"}",
          "{\"type\":\"Strip\",\"content\":\" \",\"start\":1,\"stop\":0}",
          "{\"type\":\"Strip\",\"content\":\"a\",\"start\":0,\"stop\":1}",
          "{\"type\":\"WordPiece\",\"prefix\":\"##\",\"cleanup\":true}",
          "{\"type\":\"Sequence\",\"decoders\":[{\"type\":\"ByteFallback\"},{\"type\":\"Fuse\"}]}");

  private static final List<String> PROCESSORS =
      List.of(
          "{\"type\":\"BertProcessing\",\"sep\":[\"a\",1],\"cls\":[\"b\",2]}",
          "{\"type\":\"RobertaProcessing\",\"sep\":[\"a\",1],\"cls\":[\"b\",2],\"trim_offsets\":true,\"add_prefix_space\":true}",
          "{\"type\":\"ByteLevel\",\"add_prefix_space\":true,\"trim_offsets\":true,\"use_regex\":true}",
          "{\"type\":\"TemplateProcessing\",\"single\":[{\"Sequence\":{\"id\":\"A\",\"type_id\":0}},{\"SpecialToken\":{\"id\":\"x\",\"type_id\":0}}],\"pair\":[{\"Sequence\":{\"id\":\"A\",\"type_id\":0}},{\"Sequence\":{\"id\":\"B\",\"type_id\":1}}],\"special_tokens\":{\"x\":{\"id\":\"x\",\"ids\":[1],\"tokens\":[\"x\"]}}}",
          "{\"type\":\"TemplateProcessing\",\"single\":[{\"Sequence\":{\"id\":\"B\",\"type_id\":0}}],\"pair\":[],\"special_tokens\":{}}",
          "{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"x\",\"type_id\":0}},{\"Sequence\":{\"id\":\"A\",\"type_id\":0}}],\"pair\":[],\"special_tokens\":{}}",
          "{\"type\":\"Sequence\",\"processors\":[]}");

  private static final List<String> TRUNCATIONS =
      List.of(
          "{\"direction\":\"Right\",\"max_length\":8,\"strategy\":\"LongestFirst\",\"stride\":0}",
          "{\"direction\":\"Left\",\"max_length\":2,\"strategy\":\"OnlySecond\",\"stride\":1}",
          "{\"direction\":\"Left\",\"max_length\":2,\"strategy\":\"OnlyFirst\",\"stride\":2}");

  private static final List<String> PADDINGS =
      List.of(
          "{\"strategy\":\"BatchLongest\",\"direction\":\"Left\",\"pad_to_multiple_of\":0,\"pad_id\":0,\"pad_type_id\":0,\"pad_token\":\"x\"}",
          "{\"strategy\":{\"Fixed\":16},\"direction\":\"Right\",\"pad_to_multiple_of\":8,\"pad_id\":0,\"pad_type_id\":0,\"pad_token\":\"x\"}",
          "{\"strategy\":\"BatchLongest\",\"direction\":\"Left\",\"pad_to_multiple_of\":null,\"pad_id\":0,\"pad_type_id\":0,\"pad_token\":\"x\"}");

  private static final List<String> MODELS =
      List.of(
          "{\"type\":\"WordLevel\",\"vocab\":{\"a\":0,\"b\":1},\"unk_token\":\"a\"}",
          "{\"type\":\"WordPiece\",\"vocab\":{\"a\":0,\"##b\":1,\"c\":2},\"unk_token\":\"a\",\"continuing_subword_prefix\":\"##\",\"max_input_chars_per_word\":4}",
          "{\"type\":\"Unigram\",\"unk_id\":0,\"vocab\":[[\"a\",0.0],[\"b\",-1.5],[\"ab\",-1]],\"byte_fallback\":false}",
          "{\"type\":\"Unigram\",\"unk_id\":null,\"vocab\":[[\"\",0.0],[\"b\",-1.5]],\"byte_fallback\":true}",
          "{\"type\":\"BPE\",\"dropout\":0.5,\"unk_token\":\"a\",\"continuing_subword_prefix\":\"##\",\"end_of_word_suffix\":\"</w>\",\"fuse_unk\":true,\"byte_fallback\":true,\"ignore_merges\":true,\"vocab\":{\"a\":0,\"##b\":1,\"ab\":2},\"merges\":[\"a ##b\"]}",
          "{\"type\":\"BPE\",\"continuing_subword_prefix\":\"##\",\"vocab\":{\"a\":0,\"b\":1,\"ab\":7},\"merges\":[\"a b\"]}",
          "{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":1,\"ab\":7},\"merges\":[[\"a\",\"b\"]]}");

  private final Random random;

  TokenizerMutations(long seed) {
    this.random = new Random(seed);
  }

  /** {@code original} with one change or two. */
  JsonNode mutate(JsonNode original) throws IOException {
    ObjectNode changed = original.deepCopy();
    for (int i = random.nextInt(6) / 4; i >= 0; i--) {
      if (random.nextInt(3) > 0) {
        exchange(changed);
      } else {
        change(changed);
      }
    }
    return changed;
  }

  private void exchange(ObjectNode file) throws IOException {
    List<String> names =
        List.of(
            "normalizer",
            "pre_tokenizer",
            "decoder",
            "post_processor",
            "model",
            "truncation",
            "padding");
    List<List<String>> parts =
        List.of(NORMALIZERS, PRE_TOKENIZERS, DECODERS, PROCESSORS, MODELS, TRUNCATIONS, PADDINGS);
    int which = random.nextInt(names.size());
    JsonNode part = JSON.readTree(any(parts.get(which)));
    if (part.isObject() && random.nextInt(3) == 0) {
      change((ObjectNode) part);
    }
    file.set(names.get(which), part);
  }

  /** Walks down to somewhere and changes what is there. */
  private void change(JsonNode root) throws IOException {
    JsonNode at = root;
    while (true) {
      List<JsonNode> inner = new ArrayList<>();
      at.forEach(
          node -> {
            if (node.isContainerNode() && !node.isEmpty()) {
              inner.add(node);
            }
          });
      if (inner.isEmpty() || random.nextInt(4) == 0) {
        break;
      }
      at = any(inner);
    }
    if (at instanceof ObjectNode object) {
      changeEntry(object);
    } else if (at instanceof ArrayNode array) {
      changeElement(array);
    }
  }

  private void changeEntry(ObjectNode object) throws IOException {
    if (object.isEmpty()) {
      return;
    }
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    String name = any(names);
    switch (random.nextInt(4)) {
      case 0 -> object.remove(name);
      case 1 -> object.set(any(names), object.get(name));
      default -> object.set(name, odd(object.get(name)));
    }
  }

  private void changeElement(ArrayNode array) throws IOException {
    if (array.isEmpty()) {
      return;
    }
    int i = random.nextInt(array.size());
    switch (random.nextInt(4)) {
      case 0 -> array.remove(i);
      case 1 -> array.add(array.get(i));
      default -> array.set(i, odd(array.get(i)));
    }
  }

  private JsonNode odd(JsonNode before) throws IOException {
    if (before.isTextual() && !before.textValue().isEmpty() && random.nextInt(3) == 0) {
      StringBuilder text = new StringBuilder(before.textValue());
      int i = random.nextInt(text.length());
      if (random.nextBoolean()) {
        text.setCharAt(i, (char) (32 + random.nextInt(95)));
      } else {
        text.deleteCharAt(i);
      }
      return JSON.getNodeFactory().textNode(text.toString());
    }
    if (before.isIntegralNumber() && random.nextInt(3) == 0) {
      return JSON.getNodeFactory().numberNode(before.longValue() + random.nextInt(5) - 2);
    }
    String text = any(ODD);
    return text.endsWith("e400")
        ? JSON.getNodeFactory().numberNode(new BigDecimal(text))
        : JSON.readTree(text);
  }

  private <T> T any(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }
}
