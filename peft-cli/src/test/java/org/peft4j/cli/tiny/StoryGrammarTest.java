package org.peft4j.cli.tiny;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class StoryGrammarTest {

  private static final int MANY = 3000;

  private static final List<String> STORIES =
      LongStream.range(0, MANY).mapToObj(StoryGrammar::story).toList();

  private static final List<String> LOGS =
      LongStream.range(0, MANY).mapToObj(StoryGrammar::log).toList();

  private static final Set<String> NAMES =
      Set.of(
          "Mia", "Lily", "Anna", "Rosa", "Ella", "Nora", "Zoe", "Kim", "Tom", "Sam", "Ben", "Max",
          "Leo", "Jack", "Finn", "Oscar");

  @Test
  void tellsTheSameTextForTheSameSeedOnEveryJava() {
    assertThat(StoryGrammar.story(7))
        .isEqualTo(
            """
            Once there was a lazy girl named Kim who loved to bake cakes. One day Kim \
            heard somebody call for help. It was a gray turtle in a deep hole. "Hold \
            on!" called Kim. She pulled as hard as she could, but nothing happened. \
            So she ran home and came back with her aunt. Together they pulled, and \
            the turtle was free! And that is how Kim found a new friend.""");
    assertThat(StoryGrammar.log(7))
        .isEqualTo(
            """
            Log of the North Wind, day seventeen. Course south west, six knots. Rain \
            from sunset to dawn. Wind north east and light, sea rough. Mended the \
            longboat and tarred the foresail. Lookout reports a reef with breakers, \
            one league off. Extra rum for all hands. Caught five fish. Cook served \
            fish stew. Expect Whale Island in seven days.""");
  }

  @Test
  void hardlyEverTellsTheSameTextTwice() {
    assertThat(STORIES.stream().distinct()).hasSizeGreaterThan(MANY - 10);
    assertThat(LOGS.stream().distinct()).hasSizeGreaterThan(MANY - 10);
  }

  @Test
  void keepsToFortyToEightyWords() {
    assertThat(textsWhere(text -> text.split(" ").length < 40)).isEmpty();
    assertThat(textsWhere(text -> text.split(" ").length > 80)).isEmpty();
  }

  @Test
  void leavesNoReferenceUnresolved() {
    assertThat(textsWith("[{}\\[\\]|/#]")).isEmpty();
  }

  @Test
  void everyTextIsMadeOfWholeSentences() {
    assertThat(textsWith("^[^\"A-Z]|[^.!?\"]$")).isEmpty();
    assertThat(textsWith("[.!?] [a-z]|  | [.,!?]|[.,]{2}")).isEmpty();
    assertThat(textsWhere(text -> text.chars().filter(c -> c == '"').count() % 2 == 1)).isEmpty();
  }

  @Test
  void putsAnBeforeVowelsOnly() {
    assertThat(textsWith("\\b[aA] [aeiou]")).isEmpty();
    assertThat(textsWith("\\b[aA]n [^aeiou]")).isEmpty();
    assertThat(textsWith("\\ban orange ")).isNotEmpty();
  }

  @Test
  void aStoryKeepsToOneHeroOfOneGender() {
    assertThat(textsWith("\\bgirl\\b.*\\bboy\\b|\\bboy\\b.*\\bgirl\\b")).isEmpty();
    assertThat(STORIES.stream().filter(story -> heroes(story).size() != 1)).isEmpty();
    assertThat(textsWith("^(?!.*(mother|sister|aunt)).*\\bboy\\b.*\\b([Ss]he|[Hh]er)\\b"))
        .isEmpty();
    assertThat(textsWith("^(?!.*(father|brother|uncle)).*\\bgirl\\b.*\\b([Hh]e|[Hh]is|him)\\b"))
        .isEmpty();
  }

  @Test
  void usesAFewHundredWordsOfWhichTheTwoKindsShareFew() {
    Set<String> words = words(STORIES);
    Set<String> shared = words(LOGS);
    int inLogs = shared.size();
    shared.retainAll(words);
    words.addAll(words(LOGS));
    assertThat(words).hasSizeBetween(400, 700);
    assertThat(shared.size()).isLessThan(inLogs / 2);
  }

  @Test
  void logsUseNoLetterThatStoriesDoNot() {
    assertThat(letters(STORIES)).containsAll(letters(LOGS));
  }

  private static Set<String> heroes(String story) {
    return Arrays.stream(story.split("[^A-Za-z]+")).filter(NAMES::contains).collect(toSet());
  }

  private static Set<String> words(List<String> texts) {
    return texts.stream()
        .flatMap(text -> Arrays.stream(text.toLowerCase(Locale.ROOT).split("[^a-z]+")))
        .filter(word -> !word.isEmpty())
        .collect(toSet());
  }

  private static Set<Integer> letters(List<String> texts) {
    return texts.stream().flatMap(text -> text.chars().boxed()).collect(toSet());
  }

  private static Stream<String> textsWith(String pattern) {
    return textsWhere(Pattern.compile(pattern).asPredicate());
  }

  private static Stream<String> textsWhere(Predicate<String> condition) {
    return Stream.of(STORIES, LOGS).flatMap(List::stream).filter(condition);
  }
}
