package org.peft4j.initializer;

import java.util.Map;
import org.peft4j.kernel.Buffer;

/** Sees the inputs of one layer, batch after batch. */
public interface InputObserver {

  /**
   * Takes in one batch.
   *
   * @param rows its memory is reused after the call
   */
  void add(InputPositions rows);

  /**
   * What was found out: matrices and vectors by name.
   *
   * @throws IllegalStateException if too little was seen to say anything
   */
  Map<String, Buffer> result();
}
