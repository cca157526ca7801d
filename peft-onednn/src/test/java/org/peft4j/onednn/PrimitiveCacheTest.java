package org.peft4j.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.engine;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.peft4j.kernel.DataType;

class PrimitiveCacheTest {

  private final List<Recipe> compiled = new ArrayList<>();
  private final engine engine = new engine(org.bytedeco.dnnl.engine.kind.cpu, 0);
  private final PrimitiveCache cache = new PrimitiveCache(3, this::compile);

  @BeforeAll
  static void load() {
    new OneDnnKernels();
  }

  private Primitive compile(Recipe recipe) {
    compiled.add(recipe);
    return recipe.prepare(engine);
  }

  private static Recipe copy(int length) {
    Layout layout = Layout.flat(DataType.FLOAT32, length);
    return new Reordering(layout, layout);
  }

  private Primitive use(Recipe recipe, int threads) {
    Primitive primitive = cache.enter(recipe, threads);
    primitive.uses().leave();
    return primitive;
  }

  @Test
  void compilesARecipeOnceForEachNumberOfThreads() {
    Primitive byOne = use(copy(1), 1);
    Primitive byTwo = use(copy(1), 2);

    assertThat(byTwo).isNotSameAs(byOne);
    assertThat(use(copy(1), 1)).isSameAs(byOne);
    assertThat(use(copy(1), 2)).isSameAs(byTwo);
    assertThat(compiled).containsExactly(copy(1), copy(1));
  }

  @Test
  void dropsWhatWasNotUsedForLongest() {
    Primitive first = use(copy(1), 1);
    Primitive second = use(copy(2), 1);
    Primitive third = use(copy(3), 1);
    use(copy(1), 1);

    use(copy(4), 1);

    assertThat(second.uses().isGone()).isTrue();
    assertThat(first.uses().isGone()).isFalse();
    assertThat(third.uses().isGone()).isFalse();
  }

  @Test
  void whatIsDroppedWhileItRunsIsFreedWhenItHasEnded() {
    Primitive running = cache.enter(copy(1), 1);
    use(copy(2), 1);
    use(copy(3), 1);
    use(copy(4), 1);
    assertThat(running.uses().hasEnded()).isTrue();
    assertThat(running.uses().isGone()).isFalse();

    running.uses().leave();

    assertThat(running.uses().isGone()).isTrue();
    assertThat(use(copy(1), 1)).isNotSameAs(running);
  }
}
