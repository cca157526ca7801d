package org.peft4j;

import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.peft4j.nn.ActiveAdapters;
import org.peft4j.nn.AdapterHost;
import org.peft4j.nn.LayerAdapters;
import org.peft4j.nn.Parameter;
import org.peft4j.tensor.Tensor;

/**
 * What the passes of one tape go through, as it was when the tape was made. The adapters are not
 * freed before it is closed.
 */
final class AdaptersInUse implements ActiveAdapters, AutoCloseable {

  private final Choice choice;
  private final List<InstalledAdapter> adapters;
  private final Runnable release;
  private final Map<AdapterHost, LayerAdapters> layers = new IdentityHashMap<>();
  private final Map<Parameter, Tensor> replacements = new IdentityHashMap<>();
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * @param adapters those that {@code choice} names
   * @param release runs when nobody computes with them here any more
   */
  AdaptersInUse(
      Hosted.Parts parts, Choice choice, List<InstalledAdapter> adapters, Runnable release) {
    this.choice = choice;
    this.adapters = adapters;
    this.release = release;
    if (!adapters.isEmpty()) {
      Function<String, Optional<LayerAdapters>> through = choice.through(adapters);
      parts
          .layers()
          .forEach((path, host) -> through.apply(path).ifPresent(own -> layers.put(host, own)));
      replace(parts.parameters());
    }
  }

  private void replace(Map<String, Parameter> own) {
    for (InstalledAdapter adapter : adapters) {
      adapter
          .replacements()
          .forEach(
              (path, tensor) -> {
                Parameter parameter = Objects.requireNonNull(own.get(path), path);
                parameter.requireReplaceableBy(tensor);
                replacements.put(parameter, tensor);
              });
    }
  }

  /** The adapters, each once. */
  List<InstalledAdapter> adapters() {
    return adapters;
  }

  @Override
  public Optional<LayerAdapters> at(AdapterHost layer) {
    return Optional.ofNullable(layers.get(layer));
  }

  @Override
  public Optional<Tensor> inPlaceOf(Parameter parameter) {
    return Optional.ofNullable(replacements.get(parameter));
  }

  /** The adapters that it goes through, in the order in which they act. */
  @Override
  public List<InstalledAdapter> ofRow(int row) {
    List<String> names = choice.ofRow(row);
    return adapters.stream().filter(adapter -> names.contains(adapter.spec().name())).toList();
  }

  @Override
  public void begin() {
    Occupation.beginAll(adapters, Occupation::beginPass, Occupation::endPass);
  }

  @Override
  public void end() {
    adapters.forEach(adapter -> adapter.occupation().endPass());
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      release.run();
    }
  }

  /** Whether passes go through the same adapters in the same way. */
  @Override
  public boolean equals(Object other) {
    return other instanceof AdaptersInUse use
        && use.choice.equals(choice)
        && use.adapters.equals(adapters);
  }

  @Override
  public int hashCode() {
    return Objects.hash(choice, adapters);
  }
}
