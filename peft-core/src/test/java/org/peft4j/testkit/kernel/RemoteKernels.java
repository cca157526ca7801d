package org.peft4j.testkit.kernel;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.AttentionInput;
import org.peft4j.kernel.Blocks;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.FrozenWeight;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.LayerNormInput;
import org.peft4j.kernel.Memory;
import org.peft4j.kernel.Rotation;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;
import org.peft4j.kernel.plain.PlainKernels;

/**
 * The plain kernels over memory that is reached through a {@link Link} alone, as that of a device:
 * they refuse buffers that were not placed there.
 */
public final class RemoteKernels {

  /** What is about memory, and by default made of allocating it and copying to it. */
  private static final Set<String> OF_MEMORY = Set.of("buffer", "indices", "place", "squaredNorm");

  private final Kernels plain = new PlainKernels();
  private final Link link;

  private RemoteKernels(Link link) {
    this.link = link;
  }

  /** Kernels at the other end of {@code link}. */
  public static Kernels over(Link link) {
    RemoteKernels remote = new RemoteKernels(link);
    return (Kernels)
        Proxy.newProxyInstance(
            Kernels.class.getClassLoader(), new Class<?>[] {Kernels.class}, remote::call);
  }

  private @Nullable Object call(Object self, Method method, @Nullable Object[] arguments)
      throws Throwable {
    switch (method.getName()) {
      case "name":
        return "remote";
      case "allocate":
        return new RemoteMemory((DataType) arguments[0], (long) arguments[1], link);
      case "reads":
        return arguments[0] instanceof RemoteMemory memory && memory.isAt(link);
      case "freeze":
        return new RemoteWeight((Buffer) arguments[0]);
      case "equals":
        return self == arguments[0];
      case "hashCode":
        return System.identityHashCode(self);
      default:
        return OF_MEMORY.contains(method.getName())
            ? InvocationHandler.invokeDefault(self, method, arguments)
            : computed(method, arguments);
    }
  }

  private @Nullable Object computed(Method method, @Nullable Object @Nullable [] arguments)
      throws Throwable {
    Object[] near = arguments == null ? new Object[0] : arguments.clone();
    for (int i = 0; i < near.length; i++) {
      near[i] = near(near[i]);
    }
    try {
      return method.invoke(plain, near);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private @Nullable Object near(@Nullable Object argument) {
    if (argument instanceof Buffer buffer) {
      return near(buffer);
    }
    if (argument instanceof AttentionInput input) {
      return new AttentionInput(near(input.queries()), near(input.keys()), near(input.values()));
    }
    if (argument instanceof LayerNormInput input) {
      return new LayerNormInput(
          near(input.x()), near(input.weight()), near(input.bias()), input.epsilon());
    }
    if (argument instanceof Rotation rotation) {
      return new Rotation(
          near(rotation.cosines()),
          near(rotation.sines()),
          rotation.headSize(),
          near(rotation.positions()));
    }
    if (argument instanceof Blocks blocks) {
      return new Blocks(
          near(blocks.buffer()),
          blocks.count(),
          blocks.rows(),
          blocks.columns(),
          blocks.distance(),
          blocks.transposed());
    }
    return argument;
  }

  private Buffer near(Buffer buffer) {
    Memory memory = buffer.memory();
    if (memory instanceof RemoteMemory remote && remote.isAt(link)) {
      return new Buffer(remote.hidden(), buffer.offset(), buffer.shape());
    }
    throw new IllegalArgumentException("not placed: " + buffer.shape() + " in " + memory);
  }

  private final class RemoteWeight implements FrozenWeight {

    private final Buffer weight;
    private final FrozenWeight frozen;

    RemoteWeight(Buffer weight) {
      this.weight = weight;
      this.frozen = plain.freeze(near(weight));
    }

    @Override
    public Shape shape() {
      return weight.shape();
    }

    @Override
    public void apply(Buffer x, Write write, Buffer y) {
      frozen.apply(near(x), write, near(y));
    }

    @Override
    public void applyTransposed(Buffer dy, Write write, Buffer dx) {
      frozen.applyTransposed(near(dy), write, near(dx));
    }

    @Override
    public Buffer value() {
      return weight;
    }
  }
}
