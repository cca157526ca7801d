package org.peft4j.kernel;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses the kernels: those of the {@link KernelSet} with the highest preference that may be
 * chosen for a type and can run here. {@code -Dpeft4j.kernels=nd4j}, {@code =onednn}, {@code
 * =plain} or the name of another set overrules this; where that does not compute in float64,
 * float64 is chosen for as if none were named.
 *
 * <p>The plain kernels are there for float64 where ND4J is not, and for other types only by name.
 */
public final class KernelSets {

  private static final Logger LOG = LoggerFactory.getLogger(KernelSets.class);

  private static final String PROPERTY = "peft4j.kernels";

  private static final Map<Choice, Attempt> ATTEMPTS = new ConcurrentHashMap<>();

  private KernelSets() {}

  /**
   * The kernels that compute in {@code type}; always the same ones.
   *
   * @throws IllegalArgumentException if nothing computes in that type, the property names no kernel
   *     set, or {@code -Dpeft4j.threads} no number of threads
   * @throws IllegalStateException if what computes in that type cannot run here, saying what to add
   */
  public static Kernels forType(DataType type) {
    if (!type.isComputable()) {
      throw new IllegalArgumentException(
          "no kernels compute in " + type + "; they do in FLOAT32, FLOAT64 and BFLOAT16");
    }
    NativeThreads.usual();
    String name = System.getProperty(PROPERTY, "");
    if (name.isEmpty()) {
      return preferred(type);
    }
    KernelSet set = named(name);
    if (set.types().contains(type)) {
      return attempt(set, type).required();
    }
    if (type == DataType.FLOAT64) {
      return preferred(type);
    }
    throw new IllegalArgumentException(
        "-D%s=%s cannot compute in %s; choose FLOAT32, or %s"
            .formatted(PROPERTY, name, type, names(setsFor(type))));
  }

  private static Kernels preferred(DataType type) {
    List<KernelSet> sets = setsFor(type);
    if (sets.isEmpty()) {
      throw new IllegalStateException(
          "no engine on the class path computes in " + type + ": " + Natives.forACpu());
    }
    for (KernelSet set : sets) {
      Optional<Kernels> kernels = attempt(set, type).kernels();
      if (kernels.isPresent()) {
        return kernels.get();
      }
    }
    if (sets.size() == 1) {
      return attempt(sets.get(0), type).required();
    }
    throw noneRuns(type, sets);
  }

  private static IllegalStateException noneRuns(DataType type, List<KernelSet> sets) {
    IllegalStateException failure =
        new IllegalStateException(
            "nothing that computes in %s can run here. %s"
                .formatted(
                    type,
                    sets.stream()
                        .map(set -> set.name() + ": " + attempt(set, type).reason())
                        .collect(Collectors.joining(". "))));
    for (KernelSet set : sets) {
      failure.addSuppressed(attempt(set, type).failure());
    }
    return failure;
  }

  private static Attempt attempt(KernelSet set, DataType type) {
    return ATTEMPTS.computeIfAbsent(
        new Choice(set.name(), type), choice -> Attempt.at(set, choice.type()));
  }

  private static KernelSet named(String name) {
    return Sets.ALL.stream()
        .filter(set -> set.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "-D%s must be %s but was %s".formatted(PROPERTY, names(Sets.ALL), name)));
  }

  private static List<KernelSet> setsFor(DataType type) {
    return Sets.ALL.stream().filter(set -> set.chosenFor().contains(type)).toList();
  }

  private static String names(List<KernelSet> sets) {
    return sets.stream().map(KernelSet::name).sorted().collect(Collectors.joining(" or "));
  }

  /** All there are, the most preferred first. */
  private static final class Sets {
    static final List<KernelSet> ALL =
        ServiceLoader.load(KernelSet.class, KernelSet.class.getClassLoader()).stream()
            .map(ServiceLoader.Provider::get)
            .sorted(Comparator.comparingInt(KernelSet::preference).reversed())
            .toList();
  }

  private record Choice(String set, DataType type) {}

  /** What came of loading the kernels of a set. */
  private record Attempt(Optional<Kernels> kernels, @Nullable Throwable failure) {

    static Attempt at(KernelSet set, DataType type) {
      try {
        return new Attempt(Optional.of(new GuardedKernels(set.kernels(type))), null);
      } catch (IllegalStateException | LinkageError e) {
        LOG.debug("the {} kernels cannot compute in {} here", set.name(), type, e);
        return new Attempt(Optional.empty(), e);
      }
    }

    Kernels required() {
      return kernels.orElseThrow(() -> new IllegalStateException(reason(), failure));
    }

    String reason() {
      return failure == null ? "" : String.valueOf(failure.getMessage());
    }
  }
}
