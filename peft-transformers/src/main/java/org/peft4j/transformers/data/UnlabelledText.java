package org.peft4j.transformers.data;

/**
 * A text that is to be told apart from others. Two are equal only if they are the same object; the
 * array is not copied.
 *
 * @param text as it is in the file
 * @param ids its tokens, those that count; at least 1
 */
public record UnlabelledText(String text, int[] ids) {}
