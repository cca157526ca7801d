package org.peft4j.train;

/**
 * What a step computed, and how long that took.
 *
 * @param terms of the loss, such as predicted tokens
 * @param seconds it took
 */
public record StepCost(double terms, double seconds) {}
