package org.peft4j.train;

/**
 * How far a training is.
 *
 * @param step number of the step, from 1
 * @param steps steps in all
 * @param epoch how many epochs are done after it, such as 1.25; 0 where the batches have none
 */
public record StepCount(int step, int steps, double epoch) {}
