package org.peft4j.method;

import org.peft4j.kernel.Shape;

/**
 * A pretrained tensor of a model, as a {@link ParameterSelector} sees it.
 *
 * @param path such as {@code model.layers.0.self_attn.q_proj.weight}
 * @param shape its extents: two of a matrix, one of a bias or of a norm's weight
 * @param role what it is part of
 */
public record BaseTensor(String path, Shape shape, Role role) {

  /** What kind of module a tensor belongs to. */
  public enum Role {
    /** A linear layer that is not an output layer. */
    LINEAR,
    /** A table of rows; where an output layer shares the table, it counts as this. */
    EMBEDDING,
    /** An output layer, such as {@code lm_head}. */
    OUTPUT,
    /** Anything else, such as a norm. */
    OTHER
  }
}
