package org.peft4j.train;

/**
 * An evaluation in the middle of training.
 *
 * @param step the step after which it took place
 * @param evaluation what came out
 * @param best whether it is the best of this training so far
 * @param seconds it took
 */
public record EvaluationReport(int step, Evaluation evaluation, boolean best, double seconds) {}
