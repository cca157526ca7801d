package org.peft4j.kernel;

/**
 * Queries, keys and values, or their gradients.
 *
 * @param queries [batch * queries, heads * size]
 * @param keys [batch * keys, keyValueHeads * size]
 * @param values as keys
 */
public record AttentionInput(Buffer queries, Buffer keys, Buffer values) {}
