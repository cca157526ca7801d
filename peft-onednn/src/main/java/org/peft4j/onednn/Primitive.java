package org.peft4j.onednn;

import org.bytedeco.dnnl.dnnl_exec_arg_t;
import org.bytedeco.dnnl.dnnl_memory;
import org.bytedeco.dnnl.dnnl_primitive;
import org.bytedeco.dnnl.dnnl_stream;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_desc_base;
import org.bytedeco.javacpp.Pointer;

/**
 * A compiled oneDNN primitive with its argument list. Running it only moves the arguments' data
 * pointers, so it allocates nothing outside the Java heap. Not safe for threads: {@link OneDnn}
 * sees to that.
 */
final class Primitive implements AutoCloseable {

  private final primitive compiled;
  private final dnnl_primitive handle;
  private final memory[] memories;
  private final dnnl_memory[] handles;
  private final Address[] targets;
  private final dnnl_exec_arg_t arguments;
  private final long scratchBytes;

  /** What the primitive calls an argument, and how that is laid out. */
  record Argument(int role, memory.desc layout) {}

  Primitive(engine engine, primitive_desc_base descriptor, Argument... given) {
    compiled = kept(new primitive(descriptor.get()));
    handle = compiled.get();
    memory.desc scratch = descriptor.scratchpad_desc();
    scratchBytes = scratch.get_size();
    int count = given.length + 1;
    memories = new memory[count];
    handles = new dnnl_memory[count];
    targets = new Address[count];
    arguments = kept(new dnnl_exec_arg_t(count));
    for (int i = 0; i < count; i++) {
      Argument argument =
          i < given.length ? given[i] : new Argument(dnnl.DNNL_ARG_SCRATCHPAD, scratch);
      memories[i] = kept(new memory(argument.layout(), engine, (Pointer) null));
      handles[i] = memories[i].get();
      targets[i] = new Address();
      arguments.getPointer(i).arg(argument.role()).memory(handles[i]);
    }
  }

  /** How much scratch memory a run needs. */
  long scratchBytes() {
    return scratchBytes;
  }

  /** Runs on the data of {@code operands}, one for each argument, in that order. */
  void execute(dnnl_stream stream, long scratch, Operand[] operands) {
    for (int i = 0; i < operands.length; i++) {
      aim(i, operands[i].address());
    }
    aim(operands.length, scratch);
    int status = dnnl.dnnl_primitive_execute(handle, stream, handles.length, arguments);
    if (status != dnnl.dnnl_success) {
      throw new IllegalStateException("oneDNN refused to run a primitive: status " + status);
    }
  }

  private void aim(int argument, long address) {
    if (targets[argument].address() != address) {
      dnnl.dnnl_memory_set_data_handle(handles[argument], targets[argument].at(address));
    }
  }

  /** Outlives the scope that frees what was only needed for compiling. */
  private static <P extends Pointer> P kept(P pointer) {
    pointer.retainReference();
    return pointer;
  }

  @Override
  public void close() {
    for (memory each : memories) {
      each.close();
    }
    arguments.close();
    compiled.close();
  }
}
