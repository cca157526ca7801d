package org.peft4j.cli;

import java.lang.annotation.Annotation;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.lang.reflect.Field;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * Refuses options that would be ignored beside others. What an option needs, or what makes it
 * useless, stands at its field: the name of an option, or {@code --name=value} for one value of it.
 * To say the default of an option, or false, is to say nothing.
 */
final class Uses {

  /** The option is of no use unless one of these is given, too. */
  @Retention(RetentionPolicy.RUNTIME)
  @Target(ElementType.FIELD)
  @interface With {
    /** Names of options that the command may have. */
    String[] value();
  }

  /** The option is of no use beside any of these. */
  @Retention(RetentionPolicy.RUNTIME)
  @Target(ElementType.FIELD)
  @interface Without {
    /** Names of options that the command may have. */
    String[] value();
  }

  private Uses() {}

  /**
   * Looks at all options of a command line.
   *
   * @throws IllegalArgumentException naming one that would be ignored, if there is one
   */
  static void check(ParseResult parsed) {
    for (OptionSpec option : parsed.commandSpec().options()) {
      if (isGiven(parsed, option.longestName())) {
        of(option, With.class).ifPresent(with -> requireOne(parsed, option, with.value()));
        of(option, Without.class)
            .ifPresent(without -> requireNone(parsed, option, without.value()));
      }
    }
  }

  /** What stands at an option's field. */
  static <A extends Annotation> Optional<A> of(OptionSpec option, Class<A> type) {
    return option.userObject() instanceof Field field
        ? Optional.ofNullable(field.getAnnotation(type))
        : Optional.empty();
  }

  /** A command that knows none of them has its own way to use the option. */
  private static void requireOne(ParseResult parsed, OptionSpec option, String[] others) {
    List<String> known =
        Arrays.stream(others)
            .filter(other -> parsed.commandSpec().findOption(name(other)) != null)
            .toList();
    if (!known.isEmpty() && known.stream().noneMatch(other -> isGiven(parsed, other))) {
      throw new IllegalArgumentException(
          "%s is of no use without %s".formatted(option.longestName(), String.join(" or ", known)));
    }
  }

  private static void requireNone(ParseResult parsed, OptionSpec option, String[] others) {
    for (String other : others) {
      if (isGiven(parsed, other)) {
        throw new IllegalArgumentException(
            "%s is of no use with %s; leave one out"
                .formatted(option.longestName(), other.replace('=', ' ')));
      }
    }
  }

  /**
   * Refuses options.
   *
   * @param why they are of no use
   * @throws IllegalArgumentException naming those that were given
   */
  static void refuse(ParseResult parsed, String why, String... options) {
    List<String> given = Arrays.stream(options).filter(name -> isGiven(parsed, name)).toList();
    if (!given.isEmpty()) {
      throw new IllegalArgumentException(
          "%s %s of no use %s; leave %s out"
              .formatted(
                  String.join(", ", given),
                  given.size() == 1 ? "is" : "are",
                  why,
                  given.size() == 1 ? "it" : "them"));
    }
  }

  private static boolean isGiven(ParseResult parsed, String other) {
    String name = name(other);
    if (!parsed.hasMatchedOption(name)) {
      return false;
    }
    OptionSpec option = parsed.matchedOption(name);
    if (option.typeInfo().isBoolean()) {
      return Boolean.TRUE.equals(option.getValue());
    }
    List<String> values = option.stringValues();
    return name.equals(other)
        ? !values.equals(List.of(String.valueOf(option.defaultValue())))
        : values.contains(other.substring(name.length() + 1));
  }

  private static String name(String other) {
    int end = other.indexOf('=');
    return end < 0 ? other : other.substring(0, end);
  }
}
