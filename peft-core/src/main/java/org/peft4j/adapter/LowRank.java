package org.peft4j.adapter;

import org.peft4j.tensor.Tensor;

/**
 * The two factors of a low-rank update {@code B·A}.
 *
 * @param a [rank, in]
 * @param b [out, rank]
 */
public record LowRank(Tensor a, Tensor b) {}
