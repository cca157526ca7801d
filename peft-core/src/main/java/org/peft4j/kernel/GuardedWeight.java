package org.peft4j.kernel;

/**
 * A frozen weight that nobody can free while it multiplies.
 *
 * @param placed what was frozen
 * @param weight what that is a copy of, or the same; when it is closed, so is this
 */
record GuardedWeight(FrozenWeight frozen, Buffer placed, Buffer weight) implements FrozenWeight {

  @Override
  public Shape shape() {
    return frozen.shape();
  }

  @Override
  public void apply(Buffer x, Write write, Buffer y) {
    Uses.during(() -> frozen.apply(x, write, y), x, weight, y);
  }

  @Override
  public void applyTransposed(Buffer dy, Write write, Buffer dx) {
    Uses.during(() -> frozen.applyTransposed(dy, write, dx), dy, weight, dx);
  }

  @Override
  public Buffer value() {
    return Uses.during(frozen::value, weight);
  }

  @Override
  public void close() {
    frozen.close();
    if (placed != weight) {
      placed.memory().close();
    }
  }
}
