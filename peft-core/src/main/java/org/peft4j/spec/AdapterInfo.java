package org.peft4j.spec;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What an adapter's file says beyond how to compute with it.
 *
 * @param baseModel name or path of the model it was made for
 * @param revision of that model
 * @param taskType such as {@code CAUSAL_LM}
 * @param others settings this library has no use for, kept so that saving loses nothing; plain Java
 *     values, may be null
 */
public record AdapterInfo(
    Optional<String> baseModel,
    Optional<String> revision,
    Optional<String> taskType,
    Map<String, @Nullable Object> others) {

  /** Nothing known. */
  public static final AdapterInfo NONE =
      new AdapterInfo(Optional.empty(), Optional.empty(), Optional.empty(), Map.of());

  public AdapterInfo {
    others = Collections.unmodifiableMap(new LinkedHashMap<>(others));
  }

  /** The file's key for how low-rank factors started. */
  public static final String START = "init_lora_weights";

  /** This information for another task. */
  public AdapterInfo ofTask(String taskType) {
    return new AdapterInfo(baseModel, revision, Optional.of(taskType), others);
  }

  /** This information without what it says about the start of low-rank factors. */
  public AdapterInfo startedPlainly() {
    Map<String, @Nullable Object> rest = new LinkedHashMap<>(others);
    rest.remove(START);
    return new AdapterInfo(baseModel, revision, taskType, rest);
  }

  /** This information without what only one method has a use for. */
  public AdapterInfo ofAnyMethod() {
    Map<String, @Nullable Object> whole = new LinkedHashMap<>(others);
    whole.keySet().retainAll(WholeTensors.KEYS);
    return new AdapterInfo(baseModel, revision, taskType, whole);
  }

  /** An adapter for the model of that name, whose task goes without saying. */
  public static AdapterInfo madeFor(String baseModel) {
    return new AdapterInfo(Optional.of(baseModel), Optional.empty(), Optional.empty(), Map.of());
  }

  /** An adapter for causal language modelling on the model of that name. */
  public static AdapterInfo causalLm(String baseModel) {
    return new AdapterInfo(
        Optional.of(baseModel), Optional.empty(), Optional.of("CAUSAL_LM"), Map.of());
  }
}
