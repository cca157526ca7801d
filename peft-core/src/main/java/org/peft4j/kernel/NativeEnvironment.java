package org.peft4j.kernel;

import com.sun.jna.Function;
import com.sun.jna.Platform;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What native libraries read from the environment when they are loaded. A program cannot set that
 * for itself in Java, so the C library is asked to, before they are. What the user has set stays.
 *
 * <p>It is about threads that wait for the next operation. By default OpenMP's spin for some
 * milliseconds and OpenBLAS's for 25, which starves all other work on the machine, this program's
 * own included. Spinning for 50 to 100 microseconds covers the pauses between operations of a
 * training step (sleeping at once makes it a tenth longer) and is no burden to others.
 *
 * <p>The number of threads is set, too: OpenMP counts processors, where a container may use only
 * some of their time, as the Java machine knows.
 */
public final class NativeEnvironment {

  private static final Logger LOG = LoggerFactory.getLogger(NativeEnvironment.class);

  /** In spins of libgomp, of some 30 to 50 nanoseconds each. */
  private static final String SPINS = "2000";

  /** As a power of two, in cycles of the processor; the least that OpenBLAS takes. */
  private static final String OPENBLAS_WAIT = "4";

  /** More would be a mistake, at which OpenMP ends the process. */
  static final int MOST_THREADS = 9999;

  private static final String THREADS = "OMP_NUM_THREADS";

  private static final String PROPERTY = "peft4j.threads";

  /** OpenMP takes a list, one for each level of nesting. */
  private static final Pattern COUNT = Pattern.compile("[1-9]\\d{0,3}(?=\\s*(,|$))");

  private static boolean prepared;

  private NativeEnvironment() {}

  /**
   * Sets what is to be set, the first time it is called; must precede the loading of a library.
   *
   * @throws IllegalArgumentException if {@code -Dpeft4j.threads} is no number from 1 to 9999
   */
  public static synchronized void prepare() {
    if (!prepared) {
      set(wanted(System.getenv()));
      prepared = true;
    }
  }

  /**
   * How many threads compute: {@code -Dpeft4j.threads}, or else {@code OMP_NUM_THREADS}, or else
   * one for each processor that the Java machine may use.
   *
   * @throws IllegalArgumentException if the property is no number from 1 to 9999
   */
  public static int threads(Map<String, String> environment) {
    String asked = System.getProperty(PROPERTY);
    if (asked != null) {
      return asked(asked);
    }
    Matcher outermost = COUNT.matcher(environment.getOrDefault(THREADS, ""));
    return outermost.lookingAt()
        ? Integer.parseInt(outermost.group())
        : Runtime.getRuntime().availableProcessors();
  }

  private static int asked(String value) {
    if (!value.matches("[1-9]\\d{0,3}")) {
      throw new IllegalArgumentException(
          "-D%s must be a number from 1 to %d but was %s".formatted(PROPERTY, MOST_THREADS, value));
    }
    return Integer.parseInt(value);
  }

  /** What is to be set in an {@code environment}. */
  static Map<String, String> wanted(Map<String, String> environment) {
    Map<String, String> wanted = new TreeMap<>();
    if (!environment.containsKey("OMP_WAIT_POLICY")) {
      wanted.put("GOMP_SPINCOUNT", SPINS);
    }
    wanted.put("OPENBLAS_THREAD_TIMEOUT", OPENBLAS_WAIT);
    wanted.keySet().removeAll(environment.keySet());
    wanted.put(THREADS, Integer.toString(threads(environment)));
    return wanted;
  }

  private static void set(Map<String, String> variables) {
    try {
      if (!Platform.isWindows()) {
        Function setenv = Function.getFunction(Platform.C_LIBRARY_NAME, "setenv");
        variables.forEach((name, value) -> setenv.invokeInt(new Object[] {name, value, 1}));
      }
    } catch (LinkageError | RuntimeException e) {
      LOG.debug("cannot set {}: threads that wait may burden the machine", variables, e);
    }
  }
}
