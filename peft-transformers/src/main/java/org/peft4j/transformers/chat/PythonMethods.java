package org.peft4j.transformers.chat;

import java.beans.FeatureDescriptor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import jinjava.javax.el.ELContext;
import jinjava.javax.el.ELResolver;
import org.jspecify.annotations.Nullable;

/** The methods of Python's strings and dictionaries that templates call. */
final class PythonMethods extends ELResolver {

  private static final String BLANKS = " \t\n\r\f\u000B";
  private static final Pattern BLANK = Pattern.compile("[" + BLANKS + "]+");

  @Override
  public @Nullable Object invoke(
      ELContext context,
      @Nullable Object base,
      Object method,
      Class<?> @Nullable [] types,
      @Nullable Object @Nullable [] arguments) {
    List<Object> given =
        arguments == null
            ? List.of()
            : Arrays.stream(arguments).filter(Objects::nonNull).collect(Collectors.toList());
    if (base instanceof String text) {
      return resolved(context, ofText(text, method.toString(), given));
    }
    if (base instanceof Map<?, ?> map && method.toString().equals("get")) {
      context.setPropertyResolved(true);
      Object otherwise = given.size() > 1 ? given.get(1) : null;
      return map.containsKey(given.get(0)) ? map.get(given.get(0)) : otherwise;
    }
    return null;
  }

  private static @Nullable Object resolved(ELContext context, @Nullable Object result) {
    if (result != null) {
      context.setPropertyResolved(true);
    }
    return result;
  }

  private static @Nullable Object ofText(String text, String method, List<Object> given) {
    return switch (method) {
      case "strip" -> stripped(text, given, true, true);
      case "lstrip" -> stripped(text, given, true, false);
      case "rstrip" -> stripped(text, given, false, true);
      case "split" -> split(text, given);
      case "join" -> joined(text, given);
      case "startswith" -> text.startsWith(given.get(0).toString());
      case "endswith" -> text.endsWith(given.get(0).toString());
      case "replace" -> text.replace(given.get(0).toString(), given.get(1).toString());
      case "upper" -> text.toUpperCase(Locale.ROOT);
      case "lower" -> text.toLowerCase(Locale.ROOT);
      case "title" -> title(text);
      case "capitalize" -> capitalized(text);
      case "find" -> (long) text.indexOf(given.get(0).toString());
      case "count" -> (long) (text.split(Pattern.quote(given.get(0).toString()), -1).length - 1);
      default -> null;
    };
  }

  private static String stripped(String text, List<Object> given, boolean left, boolean right) {
    String all = given.isEmpty() ? BLANKS : given.get(0).toString();
    int from = 0;
    int to = text.length();
    while (left && from < to && all.indexOf(text.charAt(from)) >= 0) {
      from++;
    }
    while (right && to > from && all.indexOf(text.charAt(to - 1)) >= 0) {
      to--;
    }
    return text.substring(from, to);
  }

  private static List<String> split(String text, List<Object> given) {
    if (given.isEmpty()) {
      String bare = stripped(text, given, true, true);
      return bare.isEmpty() ? new ArrayList<>() : new ArrayList<>(List.of(BLANK.split(bare)));
    }
    int most = given.size() > 1 ? ((Number) given.get(1)).intValue() + 1 : -1;
    return new ArrayList<>(
        List.of(text.split(Pattern.quote(given.get(0).toString()), most > 0 ? most : -1)));
  }

  private static String joined(String separator, List<Object> given) {
    return ((Collection<?>) given.get(0))
        .stream().map(String::valueOf).collect(Collectors.joining(separator));
  }

  private static String title(String text) {
    return Pattern.compile("\\p{L}+").matcher(text).replaceAll(word -> capitalized(word.group()));
  }

  private static String capitalized(String text) {
    return text.isEmpty()
        ? text
        : text.substring(0, 1).toUpperCase(Locale.ROOT)
            + text.substring(1).toLowerCase(Locale.ROOT);
  }

  @Override
  public @Nullable Object getValue(ELContext context, @Nullable Object base, Object property) {
    return null;
  }

  @Override
  public @Nullable Class<?> getType(ELContext context, @Nullable Object base, Object property) {
    return null;
  }

  @Override
  public void setValue(
      ELContext context, @Nullable Object base, Object property, @Nullable Object value) {}

  @Override
  public boolean isReadOnly(ELContext context, @Nullable Object base, Object property) {
    return true;
  }

  @Override
  public Iterator<FeatureDescriptor> getFeatureDescriptors(
      ELContext context, @Nullable Object base) {
    return Collections.emptyIterator();
  }

  @Override
  public Class<?> getCommonPropertyType(ELContext context, @Nullable Object base) {
    return Object.class;
  }
}
