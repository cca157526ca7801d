package org.peft4j.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.Buffer;

/**
 * The operations of a step that pass gradients on, in the order in which they were computed. Each
 * keeps what its backward needs until that has run.
 */
final class Recording {

  private final List<Node> nodes = new ArrayList<>();
  private final Consumer<Tensor> letGo;
  private final Consumer<Tensor> passed;

  private record Node(Tensor output, boolean creates, Tensor[] kept, Backward backward) {}

  /**
   * @param letGo is told of a value that an operation needs no more
   * @param passed is told of a value whose gradient nobody reads any more
   */
  Recording(Consumer<Tensor> letGo, Consumer<Tensor> passed) {
    this.letGo = letGo;
    this.passed = passed;
  }

  int size() {
    return nodes.size();
  }

  /** Whether {@code tensor} comes from one of the operations. */
  boolean made(Tensor tensor) {
    return nodes.stream().anyMatch(node -> node.output() == tensor);
  }

  /**
   * Notes an operation.
   *
   * @param creates whether its output is a value of its own, not one that it changed
   * @param kept what its backward needs
   */
  void add(Tensor output, boolean creates, Backward backward, Tensor... kept) {
    for (Tensor tensor : kept) {
      tensor.keep();
    }
    nodes.add(new Node(output, creates, kept, backward));
  }

  /**
   * Passes gradients back through the operations from number {@code first} on, and forgets them.
   */
  void runBackTo(int first) {
    for (int i = nodes.size() - 1; i >= first; i--) {
      run(nodes.get(i));
    }
    nodes.subList(first, nodes.size()).clear();
  }

  /** Forgets all operations. */
  void abandon() {
    nodes.forEach(this::abandon);
    nodes.clear();
  }

  private void run(Node node) {
    @Nullable Buffer gradient = node.output().gradient();
    if (gradient != null) {
      node.backward().run(gradient);
    }
    abandon(node);
  }

  private void abandon(Node node) {
    for (Tensor tensor : node.kept()) {
      tensor.letGo();
      letGo.accept(tensor);
    }
    if (node.creates()) {
      passed.accept(node.output());
    }
  }
}
