package org.peft4j.transformers.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class RegexCheckTest {

  @Test
  void patternsOfTheKindThatTokenizersUseAreTaken() {
    List<String> usual =
        List.of(
            "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|"
                + " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
            "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lo}\\p{M}]+(?i:'s|'t)?",
            " {2,}",
            "[^(\\s|[.,!?])]+",
            "(?<=\\s)\\S",
            "\\x{4e00}++");
    for (String regex : usual) {
      assertThat(new RegexCheck(regex).problem()).as(regex).isEmpty();
    }
  }

  @Test
  void whatCouldSearchForeverIsRefused() {
    refused("(a+)+b", "repeats a group in which something repeats, which could search forever");
    refused(
        "(?:x|a*){2,}", "repeats a group in which something repeats, which could search forever");
    refused("((a{3}))*", "repeats a group in which something repeats, which could search forever");
    refused("a+*", "repeats what repeats already");
    refused("(a)\\1", "refers to what was found before (\\1), which is not supported");
    refused(".*.*.*.*.*x", "repeats without bounds more than 4 times in a row");
    refused("a{1,5000}", "repeats something more than 1000 times");
    refused("(?~a)", "has a group of a kind that is not supported: (?~");
  }

  @Test
  void whatIsNoPatternIsRefused() {
    refused("(", "has a group that does not end");
    refused(")", "has a ) too many");
    refused("[a", "has a set of characters that does not end");
    refused("a\\", "ends in a backslash");
    refused("", "must have from 1 to 2000 characters");
  }

  private static void refused(String regex, String problem) {
    assertThat(new RegexCheck(regex).problem()).as(regex).hasValue(problem);
  }
}
