package org.peft4j.onednn;

import org.bytedeco.dnnl.dnnl_exec_arg_t;
import org.bytedeco.dnnl.dnnl_memory;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.javacpp.Pointer;

/**
 * The argument list of a primitive, for one caller at a time. Only the data pointers move from run
 * to run, so that running allocates nothing outside the Java heap.
 */
final class Arguments implements AutoCloseable {

  private final memory[] memories;
  private final dnnl_memory[] handles;
  private final Address[] targets;
  private final dnnl_exec_arg_t list;

  Arguments(engine engine, Primitive.Argument[] described) {
    int count = described.length;
    memories = new memory[count];
    handles = new dnnl_memory[count];
    targets = new Address[count];
    list = new dnnl_exec_arg_t(count);
    list.retainReference();
    for (int i = 0; i < count; i++) {
      memories[i] = new memory(described[i].layout(), engine, (Pointer) null);
      memories[i].retainReference();
      handles[i] = memories[i].get();
      targets[i] = new Address();
      list.getPointer(i).arg(described[i].role()).memory(handles[i]);
    }
  }

  /** How many there are. */
  int count() {
    return handles.length;
  }

  /** Lets one argument be what lies at {@code address}. */
  void aim(int argument, long address) {
    if (targets[argument].address() != address) {
      dnnl.dnnl_memory_set_data_handle(handles[argument], targets[argument].at(address));
    }
  }

  /** As oneDNN takes it. */
  dnnl_exec_arg_t list() {
    return list;
  }

  @Override
  public void close() {
    for (memory each : memories) {
      each.close();
    }
    list.close();
  }
}
