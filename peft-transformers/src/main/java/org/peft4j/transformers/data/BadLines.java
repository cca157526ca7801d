package org.peft4j.transformers.data;

/** What to do about lines that are no examples. */
public enum BadLines {
  /** Refuse the file, with the reasons for the first few lines. */
  FAIL,
  /** Leave those lines out and count them; refuse the file only if nothing is left. */
  SKIP
}
