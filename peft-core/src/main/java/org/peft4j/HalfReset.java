package org.peft4j;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.peft4j.kernel.Shape;
import org.peft4j.method.ParameterSelector;
import org.peft4j.nn.Model;
import org.peft4j.nn.ModuleTree;
import org.peft4j.nn.Parameter;
import org.peft4j.nn.StateDict;
import org.peft4j.tensor.Tensor;

/**
 * Half-reset (Hui et al., ACL 2025, arXiv 2404.18466): puts part of a tuned model's tensors back to
 * what they were, which gives back some of what tuning made the model forget. Needs no training and
 * no data; half fine-tuning does the same from the start.
 */
public final class HalfReset {

  private HalfReset() {}

  /**
   * A new plain model: {@code base} in the tensors that {@code selector} picks of all there are,
   * {@code tuned} in all others. Both models stay as they are, and the new one shares their
   * numbers.
   *
   * @param base the pretrained model
   * @param tuned a plain model made from it, such as {@link PeftModel#merge} returns; adapters that
   *     sit on it do not count
   * @param selector such as half fine-tuning's config
   * @throws IllegalArgumentException if the models differ in their tensors, or none is picked
   */
  public static <M extends Model<M>> M of(M base, M tuned, ParameterSelector selector) {
    Map<String, Parameter> old = ModuleTree.parameters(base);
    Map<String, Parameter> mixed = ModuleTree.parameters(tuned);
    requireSame(old, mixed);
    mixed.putAll(SelectedTensors.pick(selector, base, old));
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    mixed.forEach((path, parameter) -> tensors.put(path, parameter.pretrained()));
    return tuned.rebuild(new StateDict(tensors));
  }

  private static void requireSame(Map<String, Parameter> base, Map<String, Parameter> tuned) {
    Map<String, Shape> shapes = shapes(base);
    Map<String, Shape> others = shapes(tuned);
    Set<String> different = new TreeSet<>(shapes.keySet());
    different.addAll(others.keySet());
    different.removeIf(path -> Objects.equals(shapes.get(path), others.get(path)));
    if (!different.isEmpty()) {
      throw new IllegalArgumentException(
          "the models differ in their tensors, so one was not made from the other: base "
              + only(shapes, different)
              + ", tuned "
              + only(others, different));
    }
  }

  private static Map<String, Shape> shapes(Map<String, Parameter> tensors) {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    tensors.forEach((path, parameter) -> shapes.put(path, parameter.shape()));
    return shapes;
  }

  private static Map<String, Shape> only(Map<String, Shape> shapes, Set<String> paths) {
    Map<String, Shape> some = new LinkedHashMap<>(shapes);
    some.keySet().retainAll(paths);
    return some;
  }
}
