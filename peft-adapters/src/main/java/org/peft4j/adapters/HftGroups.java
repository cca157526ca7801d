package org.peft4j.adapters;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.peft4j.method.BaseTensor;

/**
 * The tensors of a model as half fine-tuning draws them: a matrix and its bias, or a norm's weight
 * and bias, as one; by layer and category, which their paths tell.
 */
final class HftGroups {

  /** Everything up to the first number in a path. */
  private static final Pattern NUMBERED = Pattern.compile("((?:.*?\\.)??)(\\d+)\\..*");

  private static final Pattern ATTENTION =
      Pattern.compile("(?i).*(attn|attention).*|(.*\\.)?[qkvo]_proj\\..*");

  private enum Category {
    EMBEDDING,
    ATTENTION,
    OTHER_MATRIX,
    VECTOR
  }

  /**
   * What is drawn as one.
   *
   * @param path of its first tensor
   * @param stack of layers that it lies in, or none
   * @param layer that it lies in, or none
   */
  private record Unit(String path, String stack, String layer, Category category) {}

  private final Map<Unit, Set<String>> units = new LinkedHashMap<>();

  HftGroups(List<BaseTensor> tensors) {
    Map<String, BaseTensor> byPath = new LinkedHashMap<>();
    tensors.forEach(tensor -> byPath.put(tensor.path(), tensor));
    for (BaseTensor tensor : tensors) {
      BaseTensor leader = byPath.getOrDefault(weightOf(tensor.path()), tensor);
      units.computeIfAbsent(unit(leader), any -> new LinkedHashSet<>()).add(tensor.path());
    }
  }

  /** The path of the weight that a bias goes with. */
  private static String weightOf(String path) {
    return path.replaceFirst("bias$", "weight");
  }

  private static Unit unit(BaseTensor tensor) {
    Matcher numbered = NUMBERED.matcher(tensor.path());
    boolean inside = numbered.matches();
    String layer = inside ? numbered.group(1) + numbered.group(2) : "";
    return new Unit(
        tensor.path(), inside ? numbered.group(1) + "N" : "", layer, category(tensor, layer));
  }

  private static Category category(BaseTensor tensor, String layer) {
    if (tensor.role() == BaseTensor.Role.EMBEDDING || tensor.role() == BaseTensor.Role.OUTPUT) {
      return Category.EMBEDDING;
    }
    if (tensor.shape().rank() < 2) {
      return Category.VECTOR;
    }
    String withinLayer = tensor.path().substring(layer.length());
    return ATTENTION.matcher(withinLayer).matches() ? Category.ATTENTION : Category.OTHER_MATRIX;
  }

  /** The tensors of embeddings and output layers, which are not drawn. */
  Set<String> embeddings() {
    return tensors(unit -> unit.category() == Category.EMBEDDING);
  }

  /** A share of every category, spread evenly over the layers of a stack. */
  Set<String> drawCategories(HftShare share) {
    return draw(
        share,
        unit -> unit.stack() + unit.category(),
        unit -> unit.category() + unit.layer(),
        Unit::path);
  }

  /** A share of the layers of every stack; outside of stacks a share of the matrices and norms. */
  Set<String> drawLayers(HftShare share) {
    return draw(
        share,
        Unit::stack,
        Unit::stack,
        unit -> unit.layer().isEmpty() ? unit.path() : unit.layer());
  }

  /** A share of all matrices and one of all vectors. */
  Set<String> drawAnywhere(HftShare share) {
    Function<Unit, String> kind = unit -> unit.category() == Category.VECTOR ? "vector" : "matrix";
    return draw(share, kind, kind, Unit::path);
  }

  /**
   * Draws things.
   *
   * @param whole of these, each has its share
   * @param part of these, inside a whole, each has its share as nearly as can be
   * @param thing what is drawn
   */
  private Set<String> draw(
      HftShare share,
      Function<Unit, String> whole,
      Function<Unit, String> part,
      Function<Unit, String> thing) {
    Set<String> drawn =
        units.keySet().stream()
            .filter(unit -> unit.category() != Category.EMBEDDING)
            .collect(
                Collectors.groupingBy(
                    whole,
                    Collectors.groupingBy(part, Collectors.mapping(thing, Collectors.toSet()))))
            .values()
            .stream()
            .flatMap(parts -> share.draw(parts).stream())
            .collect(Collectors.toSet());
    return tensors(
        unit -> unit.category() != Category.EMBEDDING && drawn.contains(thing.apply(unit)));
  }

  private Set<String> tensors(Predicate<Unit> which) {
    Set<String> paths = new LinkedHashSet<>();
    units.forEach(
        (unit, tensors) -> {
          if (which.test(unit)) {
            paths.addAll(tensors);
          }
        });
    return paths;
  }
}
