package org.peft4j.tensor;

/**
 * What a pass keeps to from its first layer to its last, such as the adapters that were active when
 * it began.
 *
 * @param of whose it is
 * @param state what the pass has found
 */
public record Pin(Object of, Object state) {}
