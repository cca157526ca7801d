package org.peft4j.transformers.data;

/**
 * One text and the label it has. Two examples are equal only if they are the same object; the array
 * is not copied.
 *
 * @param ids tokens; at least 1
 * @param label the number of its label
 */
public record ClassExample(int[] ids, int label) {

  public ClassExample {
    if (ids.length == 0 || label < 0) {
      throw new IllegalArgumentException(
          "an example has at least one token and a label of at least 0 but got %d tokens and label %d"
              .formatted(ids.length, label));
    }
  }
}
