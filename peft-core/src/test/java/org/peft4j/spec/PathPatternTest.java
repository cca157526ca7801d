package org.peft4j.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Patterns match as Python's do, and matching always ends. */
class PathPatternTest {

  private static final String PATH = "model.layers.11.self_attn.q_proj";

  @ParameterizedTest
  @ValueSource(
      strings = {
        ".*q_proj",
        ".*(q_proj|v_proj)",
        "model\\.layers\\.(1|11)\\..*",
        "model\\.layers\\.\\d+\\.[a-z_]*\\.[^.]+",
        "(?!.*vision).*_proj",
        "^model.*proj$",
        ".*\\bself_attn\\b.*",
        "(\\w+\\.)*q_proj",
        "(\\w+\\.){4}q_proj",
        "(?:\\w+\\.){2,4}?q_proj",
        ".*(?<=self_attn\\.)q_proj",
        ".*(?<!mlp\\.)q_proj",
        "(?i)MODEL.*Q_PROJ",
        "model\\.layers\\.(\\d)\\1\\..*",
        "(?>model|mod).*",
        "m[\\w]*\\.l[^\\d\\s]+1{2}.*",
        "model.layers.11.self_attn.q_proj|x",
        "(a|b|)*model.*",
        "(?=model)\\w+(?!x).*"
      })
  void matchesWhatJavaMatches(String pattern) {
    assertThat(Pattern.matches(pattern, PATH)).isTrue();
    assertThat(PathPattern.of(pattern).matches(PATH)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "q_proj",
        "model",
        ".*v_proj",
        "(?!.*self).*",
        ".*(?<!attn\\.)q_proj",
        "model\\.layers\\.\\d\\..*",
        "MODEL.*",
        "(\\w+\\.){5}q_proj",
        "(?>.*)q_proj",
        ".*+q_proj",
        "[^m].*",
        ""
      })
  void doesNotMatchWhatJavaDoesNotMatch(String pattern) {
    assertThat(Pattern.matches(pattern, PATH)).isFalse();
    assertThat(PathPattern.of(pattern).matches(PATH)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "model\\.layers\\.(?P<n>\\d+)\\..*",
        "model\\.layers\\.(?P<digit>\\d)(?P=digit)\\..*",
        "(?#a comment)model.*",
        "mod{0}el.*|.*{.*|model.*"
      })
  void knowsPythonsOwnSyntax(String pattern) {
    assertThat(PathPattern.of(pattern).matches(PATH)).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      value = {
        "(~( has a ( that is never closed at character 1",
        "a)~a) has a ) that closes nothing at character 2",
        "*a~*a has a * that repeats nothing at character 1",
        "a**~a** has a repetition of a repetition at character 2",
        "[a~[a has an end where more must come at character 2",
        "a{3,1}~a{3,1} has {3,1}, which is the wrong way round at character 6",
        "\\pL~\\pL has \\p, which is not supported, at character 2",
        "(?P=x)~(?P=x) has a group named x that is not there before it at character 6",
        "(?(1)a|b)~(?(1)a|b) has (?(1, which is not supported, at character 2",
        "(a)\\2~(a)\\2 has \\2, but there is no such group before it at character 5"
      })
  void saysWhatIsWrongWithAPatternAndWhere(String pattern, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PathPattern.of(pattern))
        .withMessage(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)X",
        "(\\w+)+(\\w*)*((a|.)*)*X",
        ".*(|)(|)(|)(|)(|)(|)(|)(|)(|)(|)(|)(|)(|)(|)(|)(|)(|)(|)(|)(|)(|)(|)(|)(|)(|)(|)X",
        "(?:(?:|)(?:|)){99999}(?:(?:|)(?:|)){99999}(.*)(.*)(.*)(.*)(.*)X"
      })
  void givesUpAfterABoundedNumberOfSteps(String pattern) {
    assertTimeoutPreemptively(
        Duration.ofMinutes(1),
        () ->
            assertThatIllegalArgumentException()
                .isThrownBy(() -> PathPattern.of(pattern).matches(PATH + ".weight"))
                .withMessageStartingWith("the pattern " + pattern.substring(0, 10))
                .withMessageContaining(" takes too many steps to match " + PATH));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(((((){999999999}){999999999}){999999999}){999999999}){999999999}X",
        "(?<=(?<=(?<=(?<=(?<=.*)).*)).*)X",
        "(?:){999999999}X"
      })
  void repeatsWhatMatchesNothingOnce(String pattern) {
    assertTimeoutPreemptively(
        Duration.ofMinutes(1), () -> assertThat(PathPattern.of(pattern).matches(PATH)).isFalse());
  }

  @Test
  void refusesGroupsInsideOneAnotherWithoutEnd() {
    String deep = "(".repeat(100_000) + ")".repeat(100_000);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> PathPattern.of(deep))
        .withMessageContaining("has more than 100 groups inside one another")
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(400));
  }

  @Test
  void takesAlternativesByTheThousand() {
    String all =
        String.join("|", IntStream.range(0, 5_000).mapToObj(i -> "model\\.layers\\." + i).toList());

    assertThat(PathPattern.of(all).matches("model.layers.4999")).isTrue();
  }
}
