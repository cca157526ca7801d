package org.peft4j.transformers.hub;

import java.util.List;
import java.util.regex.Pattern;

/**
 * Which files of a model to take. Patterns are those of Hugging Face's libraries: {@code *} for any
 * characters, those between folders among them, {@code ?} for one, {@code [abc]} for one of some.
 *
 * @param include what matches one of these; empty for what peft reads: safetensors, JSON and the
 *     files of tokenizers that lie in the model's folder itself
 * @param exclude but not what matches one of these
 */
public record FileChoice(List<String> include, List<String> exclude) {

  private static final Pattern USUAL =
      Pattern.compile(
          "[^/]+\\.(safetensors|json|jinja)|tokenizer\\.model|vocab\\.txt|merges\\.txt"
              + "|(LICENSE|NOTICE)[^/]*");

  /** The same weights once more, as their authors' own programs want them. */
  private static final Pattern TWICE = Pattern.compile("consolidated[^/]*\\.safetensors");

  public FileChoice {
    include = List.copyOf(include);
    exclude = List.copyOf(exclude);
  }

  /** What peft reads. */
  public static FileChoice usual() {
    return new FileChoice(List.of(), List.of());
  }

  /** Whether to take the file of that path. */
  public boolean takes(String path) {
    boolean included =
        include.isEmpty()
            ? USUAL.matcher(path).matches() && !TWICE.matcher(path).matches()
            : matches(include, path);
    return included && !matches(exclude, path);
  }

  private static boolean matches(List<String> patterns, String path) {
    return patterns.stream().anyMatch(pattern -> compiled(pattern).matcher(path).matches());
  }

  private static Pattern compiled(String pattern) {
    StringBuilder regex = new StringBuilder();
    // As in Hugging Face's libraries, a folder stands for all that is in it.
    String whole = pattern.endsWith("/") ? pattern + "*" : pattern;
    for (int i = 0; i < whole.length(); i++) {
      char c = whole.charAt(i);
      int end = whole.indexOf(']', i + 2);
      if (c == '*') {
        regex.append(".*");
      } else if (c == '?') {
        regex.append('.');
      } else if (c == '[' && end > 0) {
        regex.append(oneOf(whole.substring(i + 1, end)));
        i = end;
      } else {
        regex.append(Pattern.quote(String.valueOf(c)));
      }
    }
    return Pattern.compile(regex.toString(), Pattern.DOTALL);
  }

  private static String oneOf(String characters) {
    boolean not = characters.startsWith("!");
    String those =
        (not ? characters.substring(1) : characters).replaceAll("[\\\\\\[\\]^&]", "\\\\$0");
    return "[" + (not ? "^" : "") + those + "]";
  }
}
