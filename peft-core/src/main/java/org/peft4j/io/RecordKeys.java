package org.peft4j.io;

import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.peft4j.settings.FileKey;
import org.peft4j.settings.Inlined;

/** The reflection that the codec needs: a record's keys, values and constructors. */
final class RecordKeys {

  private RecordKeys() {}

  /** One component of a record under the name that it has in files. */
  record Key(String name, Type type, RecordComponent component) {

    boolean isWhole() {
      FileKey key = component.getAnnotation(FileKey.class);
      return key != null && key.whole();
    }

    /** Whether it is a record whose keys stand in place of this one. */
    boolean isInlined() {
      return component.isAnnotationPresent(Inlined.class);
    }

    Object valueIn(Object record) {
      try {
        Method accessor = component.getAccessor();
        accessor.setAccessible(true);
        return accessor.invoke(record);
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException("cannot read " + component, e);
      }
    }
  }

  static List<Key> of(Class<?> type) {
    if (!type.isRecord()) {
      throw new IllegalArgumentException(
          type.getName() + " is not a record; settings must be one to be kept in files");
    }
    return Arrays.stream(type.getRecordComponents())
        .map(c -> new Key(nameOf(c, snakeCase(c.getName())), c.getGenericType(), c))
        .toList();
  }

  static Set<String> names(Class<?> type) {
    Set<String> names = new LinkedHashSet<>();
    for (Key key : of(type)) {
      names.addAll(key.isInlined() ? names((Class<?>) key.type()) : Set.of(key.name()));
    }
    return names;
  }

  static String nameOf(Enum<?> constant) {
    try {
      return nameOf(
          constant.getDeclaringClass().getField(constant.name()),
          constant.name().toLowerCase(Locale.ROOT));
    } catch (NoSuchFieldException e) {
      throw new IllegalStateException("an enum constant is always a field", e);
    }
  }

  private static String nameOf(AnnotatedElement element, String otherwise) {
    FileKey key = element.getAnnotation(FileKey.class);
    return key == null ? otherwise : key.value();
  }

  private static String snakeCase(String name) {
    return name.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
  }

  /**
   * Calls the canonical constructor.
   *
   * @throws IllegalArgumentException if the constructor does
   */
  static Object create(Class<?> type, Object[] values) {
    Class<?>[] types =
        Arrays.stream(type.getRecordComponents())
            .map(RecordComponent::getType)
            .toArray(Class<?>[]::new);
    try {
      return call(type.getDeclaredConstructor(types), values);
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException("a record always has its canonical constructor", e);
    }
  }

  /** The record of the documented defaults, or null where the type has no constructor for them. */
  static @Nullable Object defaults(Class<?> type) {
    try {
      return call(type.getDeclaredConstructor());
    } catch (NoSuchMethodException e) {
      return null;
    }
  }

  private static Object call(Constructor<?> constructor, Object... values) {
    try {
      constructor.setAccessible(true);
      return constructor.newInstance(values);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException("cannot call " + constructor, e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot call " + constructor, e);
    }
  }
}
