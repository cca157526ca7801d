package org.peft4j.settings;

/** Checks of settings, with messages that name the setting and its value. */
public final class Require {

  private Require() {}

  /** Returns {@code value} if it is at least 1. */
  public static int positive(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " must be at least 1 but was " + value);
    }
    return value;
  }

  /** Returns {@code value} if it is a finite number above 0. */
  public static double positive(String name, double value) {
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException(name + " must be above 0 but was " + value);
    }
    return value;
  }

  /** Returns {@code value} if it is at least 0. */
  public static int notNegative(String name, int value) {
    if (value < 0) {
      throw new IllegalArgumentException(name + " must be at least 0 but was " + value);
    }
    return value;
  }

  /** Returns {@code value} if it is a finite number of at least 0. */
  public static double notNegative(String name, double value) {
    if (!(value >= 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException(name + " must be at least 0 but was " + value);
    }
    return value;
  }

  /** Returns {@code value} if it is at least 0 and below 1. */
  public static double probability(String name, double value) {
    if (!(value >= 0 && value < 1)) {
      throw new IllegalArgumentException(name + " must be at least 0 and below 1 but was " + value);
    }
    return value;
  }
}
