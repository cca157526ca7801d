package org.peft4j;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.peft4j.adapter.Adapter;
import org.peft4j.kernel.Closing;
import org.peft4j.nn.Model;
import org.peft4j.nn.ThreadGuard;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.tensor.Tensor;

/**
 * Which adapters a model computes with: the same for all sequences, or one chosen for each. One
 * thread at a time may change it.
 */
final class ActiveAdapters {

  private final NamedAdapters adapters;
  private final Wiring wiring;
  private final ThreadGuard guard = new ThreadGuard();
  private volatile List<String> active = List.of();
  private volatile List<String> assigned = List.of();
  private volatile boolean closed;

  /**
   * None of them at first.
   *
   * @param model is taken over from whoever connected adapters with it before
   */
  ActiveAdapters(Model<?> model, NamedAdapters adapters) {
    this.adapters = adapters;
    this.wiring = new Wiring(model, guard);
  }

  /** Their names, in the order in which they act; none where each sequence has its own. */
  List<String> names() {
    return active;
  }

  /** The active adapters, in the order in which they act. */
  List<InstalledAdapter> adapters() {
    requireOpen();
    return adapters.all(active);
  }

  /** Their trainable tensors by path; behind the adapter's name where there are several. */
  Map<String, Tensor> parameters() {
    requireOpen();
    List<String> names = active;
    Map<String, Tensor> parameters = new LinkedHashMap<>();
    for (String name : names) {
      String prefix = names.size() == 1 ? "" : name + ":";
      adapters.get(name).parameters().forEach((path, t) -> parameters.put(prefix + path, t));
    }
    return parameters;
  }

  void activate(String... names) {
    requireOpen();
    adapters.requireUsableTogether(names);
    change(
        () -> {
          active = List.of(names);
          assigned = List.of();
        });
  }

  /** Activates all but {@code name}, or the oldest of the others if that leaves none. */
  void leaveOut(String name) {
    List<String> rest = new ArrayList<>(active);
    rest.remove(name);
    List<String> left = new ArrayList<>(adapters.names());
    left.remove(name);
    if (rest.isEmpty() && !active.isEmpty() && !left.isEmpty()) {
      rest.add(left.get(0));
    }
    activate(rest.toArray(new String[0]));
  }

  void assign(List<String> names) {
    if (names.isEmpty()) {
      throw new IllegalArgumentException("no sequence is assigned an adapter; name one for each");
    }
    requireOpen();
    names.forEach(this::requireMixable);
    change(
        () -> {
          active = List.of();
          assigned = List.copyOf(names);
        });
  }

  private void requireMixable(String name) {
    if (!name.equals(AdapterSpec.BASE) && !adapters.get(name).replacements().isEmpty()) {
      boolean trains = !adapters.get(name).copies().isEmpty();
      throw new IllegalArgumentException(
          "adapter "
              + name
              + (trains ? " trains modules whole" : " has tensors in place of the base's")
              + ", so a batch cannot mix it with others");
    }
  }

  /** Changes what adapters compute, or which, and connects the layers anew. */
  void change(Runnable body) {
    requireOpen();
    guard.change(
        () -> {
          body.run();
          install();
          return true;
        });
  }

  void whileDisabled(Runnable body) {
    List<String> activeBefore = active;
    List<String> assignedBefore = assigned;
    without(
        () -> {
          active = List.of();
          assigned = List.of();
          try {
            body.run();
          } finally {
            active = activeBefore;
            assigned = assignedBefore;
          }
          return true;
        });
  }

  /** Runs {@code body} with no adapter connected. */
  <T> T without(Supplier<T> body) {
    return meanwhile(() -> wiring.use(List.of()), body::get);
  }

  /** Runs {@code body} with {@code adapter} alone connected. */
  <T, E extends Exception> T with(InstalledAdapter adapter, ThreadGuard.Change<T, E> body)
      throws E {
    return meanwhile(() -> wiring.use(List.of(adapter)), body);
  }

  /** Runs {@code body} with one more adapter on every linear layer, made for its path. */
  void watched(Function<String, Adapter> watch, Runnable body) {
    List<InstalledAdapter> watched = adapters();
    meanwhile(
        () -> wiring.useWatched(watched, watch),
        () -> {
          body.run();
          return true;
        });
  }

  /** Connects the layers otherwise for as long as {@code body} runs. */
  private <T, E extends Exception> T meanwhile(Runnable connect, ThreadGuard.Change<T, E> body)
      throws E {
    requireOpen();
    return guard.changeMeanwhile(
        () -> {
          try {
            connect.run();
            return body.run();
          } finally {
            install();
          }
        });
  }

  /**
   * Runs {@code body} while nothing changes.
   *
   * @param body is given the paths of the layers that compute something else than their weight
   */
  <T> T reading(Function<Set<String>, T> body) {
    requireOpen();
    return guard.reading(() -> body.apply(wiring.changedBy(adapters())));
  }

  void handOver() {
    requireOpen();
    guard.handOver();
  }

  /** Disconnects and frees all adapters. */
  void close() {
    if (!closed) {
      closed = true;
      Closing.all(() -> guard.end(() -> wiring.use(List.of())), adapters::close);
    }
  }

  /**
   * @throws IllegalStateException if it was closed, or another model has taken over
   */
  void requireOpen() {
    if (closed) {
      throw new IllegalStateException("this PeftModel is closed");
    }
    guard.requireInCharge();
  }

  private void install() {
    if (assigned.isEmpty()) {
      wiring.use(adapters());
      return;
    }
    List<String> distinct = assigned.stream().distinct().toList();
    wiring.mix(
        distinct.stream().map(this::chain).toList(),
        assigned.stream().map(distinct::indexOf).toList());
  }

  private List<InstalledAdapter> chain(String name) {
    requireOpen();
    return name.equals(AdapterSpec.BASE) ? List.of() : adapters.all(List.of(name));
  }
}
