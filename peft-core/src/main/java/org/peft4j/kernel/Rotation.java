package org.peft4j.kernel;

/**
 * Rotary position embedding (Su et al., arXiv 2104.09864) in Hugging Face's half-split layout.
 *
 * @param cosines [positions, size / 2]
 * @param sines [positions, size / 2]
 * @param headSize width of one head
 * @param positions position of each row of the array that is turned
 */
public record Rotation(float[][] cosines, float[][] sines, int headSize, int[] positions) {}
