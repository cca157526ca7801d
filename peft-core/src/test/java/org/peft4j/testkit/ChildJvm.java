package org.peft4j.testkit;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Programs in a Java process of their own, with the class path of this one. */
public final class ChildJvm {

  /** The first Java that warns of native code that it was not told of. */
  private static final int ASKS_FOR_NATIVES = 24;

  private ChildJvm() {}

  /**
   * A process to be started.
   *
   * @param options of Java
   */
  public static ProcessBuilder of(List<String> options, Class<?> main, Object... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    if (Runtime.version().feature() >= ASKS_FOR_NATIVES) {
      command.add("--enable-native-access=ALL-UNNAMED");
      command.add("--sun-misc-unsafe-memory-access=allow");
    }
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    Arrays.stream(arguments).map(Object::toString).forEach(command::add);
    return new ProcessBuilder(command);
  }
}
