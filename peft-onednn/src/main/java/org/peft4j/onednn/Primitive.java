package org.peft4j.onednn;

import java.util.Arrays;
import org.bytedeco.dnnl.dnnl_primitive;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_desc_base;
import org.peft4j.kernel.Lifetime;

/**
 * A compiled oneDNN primitive. Any number of threads may run it at once, each with an argument list
 * and a workspace of its own; it is freed when it is closed and the last of them has ended.
 */
final class Primitive {

  private final primitive compiled;
  private final dnnl_primitive handle;
  private final Argument[] arguments;
  private final long scratchBytes;
  private final Pool<Arguments> lists;
  private final Lifetime uses = new Lifetime(this::free);
  private volatile int lastUse;

  /** What the primitive calls an argument, and how that is laid out. */
  record Argument(int role, memory.desc layout) {}

  /** Of what is given, everything that is needed later outlives the caller's scope. */
  Primitive(engine engine, primitive_desc_base descriptor, Argument... given) {
    compiled = new primitive(descriptor.get());
    compiled.retainReference();
    handle = compiled.get();
    memory.desc scratch = descriptor.scratchpad_desc();
    scratchBytes = scratch.get_size();
    arguments = Arrays.copyOf(given, given.length + 1);
    arguments[given.length] = new Argument(dnnl.DNNL_ARG_SCRATCHPAD, scratch);
    for (Argument each : arguments) {
      each.layout().retainReference();
    }
    lists = new Pool<>(() -> new Arguments(engine, arguments), Arguments::close);
  }

  /**
   * Who may use it, and until when: enter before each run, and leave after it.
   *
   * @see Lifetime#tryEnter
   */
  Lifetime uses() {
    return uses;
  }

  /** When it was last used, as the cache tells the time. */
  int lastUse() {
    return lastUse;
  }

  /** Notes that it is used; seldom a write, for which other cores would have to wait. */
  void useAt(int moment) {
    if (lastUse != moment) {
      lastUse = moment;
    }
  }

  /** Runs on the data of {@code operands}, one for each argument, in that order. */
  void execute(Workspace workspace, Operand[] operands) {
    Arguments list = lists.take();
    try {
      for (int i = 0; i < operands.length; i++) {
        list.aim(i, operands[i].address());
      }
      list.aim(operands.length, workspace.scratch(scratchBytes));
      int status =
          dnnl.dnnl_primitive_execute(handle, workspace.stream(), list.count(), list.list());
      if (status != dnnl.dnnl_success) {
        throw new IllegalStateException("oneDNN refused to run a primitive: status " + status);
      }
    } finally {
      lists.giveBack(list);
    }
  }

  private void free() {
    lists.drain();
    compiled.close();
    for (Argument each : arguments) {
      each.layout().close();
    }
  }
}
