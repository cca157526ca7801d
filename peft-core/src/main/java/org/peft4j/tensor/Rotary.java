package org.peft4j.tensor;

/**
 * Rotary position embedding (Su et al., arXiv 2104.09864) in Hugging Face's half-split layout, of
 * some rows.
 *
 * @param cosines FLOAT32 constant [positions, headSize / 2]
 * @param sines FLOAT32 constant [positions, headSize / 2]
 * @param headSize width of one head
 * @param positions {@linkplain Tape#indices indices} [n]: the position of each row
 */
public record Rotary(Tensor cosines, Tensor sines, int headSize, Tensor positions) {}
