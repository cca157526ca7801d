package org.peft4j.transformers.data;

/**
 * Two answers to one prompt, each with the prompt before it; only the answers are labelled.
 *
 * @param chosen the better one
 * @param rejected the other
 */
public record Preference(Example chosen, Example rejected) {}
