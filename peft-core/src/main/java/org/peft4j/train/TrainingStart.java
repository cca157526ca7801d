package org.peft4j.train;

/**
 * Where training begins.
 *
 * @param step steps that are done already; above 0 where it goes on from a checkpoint
 * @param steps steps in all
 * @param parameters how many parameters are trainable
 */
public record TrainingStart(int step, int steps, long parameters) {}
