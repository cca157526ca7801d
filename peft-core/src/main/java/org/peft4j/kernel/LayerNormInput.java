package org.peft4j.kernel;

/**
 * What {@link Kernels#layerNorm} reads.
 *
 * @param x [n, d]
 * @param weight [d]
 * @param bias [d]
 * @param epsilon added to the variance
 */
public record LayerNormInput(Buffer x, Buffer weight, Buffer bias, double epsilon) {}
