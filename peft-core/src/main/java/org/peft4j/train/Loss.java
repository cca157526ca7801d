package org.peft4j.train;

import org.peft4j.tensor.Tensor;

/**
 * A batch's loss, as a sum and the number of things it sums over, so that several batches can be
 * weighed fairly.
 *
 * @param sum scalar on the tape
 * @param weight how many terms {@code sum} has, such as predicted tokens; above 0
 */
public record Loss(Tensor sum, double weight) {}
