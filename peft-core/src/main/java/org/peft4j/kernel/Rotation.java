package org.peft4j.kernel;

/**
 * Rotary position embedding (Su et al., arXiv 2104.09864) in Hugging Face's half-split layout.
 *
 * @param cosines FLOAT32 [positions, size / 2]
 * @param sines FLOAT32 [positions, size / 2]
 * @param headSize width of one head
 * @param positions INT32 [n], the row of the tables for each row that is turned
 */
public record Rotation(Buffer cosines, Buffer sines, int headSize, Buffer positions) {}
