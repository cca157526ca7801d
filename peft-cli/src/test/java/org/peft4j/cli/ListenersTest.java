package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.peft4j.train.StepReport;
import org.peft4j.train.TrainingListener;

class ListenersTest {

  private final List<String> closed = new ArrayList<>();
  private final StringWriter told = new StringWriter();

  @Test
  void closesAllOfThemThoughSomeFailWhichEndsNothing() {
    IllegalStateException first = new IllegalStateException("first");
    IllegalStateException second = new IllegalStateException("second");
    Listeners listeners =
        new Listeners(
            List.of(closing("a", first), closing("b", second), step -> {}, closing("c", null)),
            new PrintWriter(told, true));

    listeners.close();

    assertThat(closed).containsExactly("a", "b", "c");
    assertThat(told.toString().lines())
        .containsExactly("Closing failed: first", "Closing failed: second");
  }

  private TrainingListener closing(String name, RuntimeException failure) {
    return new Closing(
        () -> {
          closed.add(name);
          if (failure != null) {
            throw failure;
          }
        });
  }

  private record Closing(Runnable end) implements TrainingListener, AutoCloseable {

    @Override
    public void onStep(StepReport report) {}

    @Override
    public void close() {
      end.run();
    }
  }
}
