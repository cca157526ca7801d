package org.peft4j.onednn;

import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;
import org.peft4j.kernel.Write;

/**
 * Everything that distinguishes one oneDNN primitive from another. Recipes are records, so that
 * equal ones find the same primitive in the cache of {@link OneDnn}.
 */
interface Recipe {

  /** Compiles the primitive. Native objects made on the way are freed by the caller. */
  Primitive prepare(engine engine);

  /** Attributes that every primitive has: scratch memory comes from us, not from the library. */
  static primitive_attr attributes() {
    primitive_attr attributes = new primitive_attr();
    attributes.set_scratchpad_mode(dnnl.scratchpad_mode.user);
    return attributes;
  }

  /** {@link #attributes()} that put the result into the output the way {@code write} says. */
  static primitive_attr attributes(Write write) {
    primitive_attr attributes = attributes();
    post_ops steps = new post_ops();
    if (write.scale() != 1) {
      steps.append_eltwise(dnnl.algorithm.eltwise_linear, (float) write.scale(), 0);
    }
    if (write.accumulate()) {
      steps.append_sum();
    }
    attributes.set_post_ops(steps);
    return attributes;
  }
}
