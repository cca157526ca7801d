package org.peft4j.io;

/**
 * Whether a file is mapped into memory or read. What is mapped takes no memory of its own, but
 * whoever cuts the file short while it is in use ends the process, and whoever writes into it
 * changes the values. Files that can be read in a moment are therefore read.
 */
final class Mapping {

  /** {@code -Dpeft4j.map=false} maps nothing, {@code true} everything that is worth it. */
  private static final String SWITCH = "peft4j.map";

  private static final long READ_IN_A_MOMENT = 256L << 20;

  private Mapping() {}

  static boolean isWanted(long bytes) {
    String wanted = System.getProperty(SWITCH);
    return wanted == null ? bytes > READ_IN_A_MOMENT : Boolean.parseBoolean(wanted);
  }
}
