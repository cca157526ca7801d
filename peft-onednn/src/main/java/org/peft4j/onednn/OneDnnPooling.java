package org.peft4j.onednn;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.PoolingShape;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;

/** Pooling by oneDNN. */
final class OneDnnPooling {

  private final OneDnn oneDnn;
  private final OneDnnElements elements;
  private final Scratch values = new Scratch();
  private final Scratch places = new Scratch();

  OneDnnPooling(OneDnn oneDnn, OneDnnElements elements) {
    this.oneDnn = oneDnn;
    this.elements = elements;
  }

  void forward(PoolingShape shape, Buffer x, Buffer y) {
    Pooling of = new Pooling(shape, x.rows(), x.type());
    oneDnn.run(
        new Pooling.Forward(of), Operand.of(x, of.x().length()), Operand.of(y, of.y().length()));
  }

  void backward(PoolingShape shape, @Nullable Buffer x, Buffer dy, Write write, Buffer dx) {
    Pooling of = new Pooling(shape, dy.rows(), dy.type());
    @Nullable Operand found = of.isMaximum() ? places(of, Objects.requireNonNull(x)) : null;
    boolean direct = write.equals(Write.SET);
    Buffer target = direct ? dx : values.take(dx.type(), dx.shape());
    Operand slopes = Operand.of(dy, of.y().length());
    Operand out = Operand.of(target, of.x().length());
    if (found == null) {
      oneDnn.run(new Pooling.Backward(of), slopes, out);
    } else {
      oneDnn.run(new Pooling.Backward(of), slopes, out, found);
    }
    if (!direct) {
      elements.put(target, write, dx);
    }
  }

  private Operand places(Pooling of, Buffer x) {
    Pooling.Places recipe = new Pooling.Places(of);
    Buffer room = places.take(DataType.UINT8, Shape.of(Math.toIntExact(recipe.bytes())));
    Operand found = Operand.of(room.host());
    Buffer y = values.take(of.type(), Shape.of(Math.toIntExact(of.y().length())));
    oneDnn.run(recipe, Operand.of(x, of.x().length()), Operand.of(y), found);
    return found;
  }
}
