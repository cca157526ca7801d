package org.peft4j.transformers.jinja;

import java.util.HashMap;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import org.peft4j.transformers.jinja.StringMethods.Method;

/** The methods of strings that ask what kind of letters they are made of. */
final class StringKinds {

  static final Map<String, Method> METHODS = new HashMap<>();

  static {
    all("isalpha", Character::isLetter);
    all("isalnum", letter -> Character.isLetter(letter) || isNumeric(letter));
    all("isdecimal", Character::isDigit);
    all("isdigit", StringKinds::isDigit);
    all("isnumeric", StringKinds::isNumeric);
    all("isspace", PythonText::isBlank);
    ask("isascii", text -> text.chars().allMatch(letter -> letter < 0x80));
    ask("isprintable", text -> text.codePoints().allMatch(PythonText::isPrintable));
    ask("islower", StringKinds::isLower);
    ask("isupper", StringKinds::isUpper);
    ask("istitle", StringKinds::isTitle);
  }

  private StringKinds() {}

  private static void ask(String name, Predicate<String> test) {
    METHODS.put(
        name,
        (budget, text, arguments) -> {
          arguments.as(name);
          return test.test(text);
        });
  }

  private static void all(String name, IntPredicate test) {
    ask(name, text -> !text.isEmpty() && text.codePoints().allMatch(test));
  }

  /** Superscripts and circled digits count, which are no decimals. */
  private static boolean isDigit(int letter) {
    if (Character.isDigit(letter)) {
      return true;
    }
    return Character.getType(letter) == Character.OTHER_NUMBER
        && "\u00B2\u00B3\u00B9\u2070\u2074\u2075\u2076\u2077\u2078\u2079".indexOf(letter) >= 0;
  }

  private static boolean isNumeric(int letter) {
    return switch (Character.getType(letter)) {
      case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> true;
      default -> false;
    };
  }

  static boolean isLower(String text) {
    return text.codePoints().anyMatch(Character::isLowerCase)
        && text.codePoints()
            .noneMatch(letter -> Character.isUpperCase(letter) || Character.isTitleCase(letter));
  }

  static boolean isUpper(String text) {
    return text.codePoints().anyMatch(Character::isUpperCase)
        && text.codePoints()
            .noneMatch(letter -> Character.isLowerCase(letter) || Character.isTitleCase(letter));
  }

  private static boolean isTitle(String text) {
    return (text.codePoints().anyMatch(Character::isUpperCase)
            || text.codePoints().anyMatch(Character::isTitleCase))
        && text.equals(StringMethods.title(text));
  }
}
