package org.peft4j.store;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Finds tensors of an adapter's file that are called otherwise than PEFT calls them: with the
 * adapter's name in the key, with the prefixes of compiled, sharded or wrapped models, without
 * PEFT's own, or for the bare decoder. Two names mean the same where nothing but these differs.
 */
final class TensorNames {

  /** Parts of a name that tell how a model was wrapped, not which tensor is meant. */
  private static final Set<String> WRAPPERS =
      Set.of(
          "base_model",
          "model",
          "module",
          "base_layer",
          "modules_to_save",
          "token_adapter",
          "_orig_mod",
          "_fsdp_wrapped_module",
          "_checkpoint_wrapped_module");

  /** Tensors that belong to an adapter; what follows may be its name. */
  private static final Pattern TRAINED =
      Pattern.compile("lora_.*|vera_lambda_.*|miss_block|svfit_.*|trainable_tokens_delta");

  /** Names in the file, by what they mean. */
  private final Map<String, List<String>> byMeaning = new LinkedHashMap<>();

  private final Set<String> names;
  private final Map<String, String> taken = new LinkedHashMap<>();

  TensorNames(Set<String> names) {
    this.names = names;
    for (String name : names) {
      byMeaning.computeIfAbsent(meaning(name), any -> new ArrayList<>()).add(name);
    }
  }

  /** How the file calls the tensor that PEFT calls {@code name}; empty where it has none. */
  Optional<String> find(String name) {
    if (names.contains(name)) {
      return Optional.of(name);
    }
    List<String> candidates = byMeaning.getOrDefault(meaning(name), List.of());
    return candidates.size() == 1 ? Optional.of(candidates.get(0)) : Optional.empty();
  }

  /** The several names of the file that could each be the one PEFT calls {@code name}. */
  List<String> candidates(String name) {
    return List.copyOf(byMeaning.getOrDefault(meaning(name), List.of()));
  }

  /** Like {@link #find}, noting that the file's tensor has found its place. */
  Optional<String> take(String name) {
    Optional<String> found = find(name).filter(f -> !isTakenByOther(f, name));
    found.ifPresent(f -> taken.put(f, name));
    return found;
  }

  private boolean isTakenByOther(String found, String name) {
    return taken.containsKey(found) && !name.equals(taken.get(found));
  }

  /** Names that have found no place yet, in order. */
  Set<String> left() {
    Set<String> left = new TreeSet<>(names);
    left.removeAll(taken.keySet());
    return left;
  }

  private static String meaning(String name) {
    List<String> meaning = new ArrayList<>();
    String[] parts = name.split("\\.");
    for (int i = 0; i < parts.length; i++) {
      String part = parts[i].equals("bone_block") ? "miss_block" : parts[i];
      boolean trained = TRAINED.matcher(part).matches();
      if (!WRAPPERS.contains(part)) {
        meaning.add(part);
      }
      if ((trained || part.equals("modules_to_save")) && isAdapterName(parts, i + 1)) {
        i++;
      }
      if (trained && i + 2 == parts.length && parts[i + 1].equals("weight")) {
        i++;
      }
    }
    return String.join(".", meaning);
  }

  private static boolean isAdapterName(String[] parts, int at) {
    return at < parts.length && !parts[at].equals("weight") && !parts[at].equals("bias");
  }
}
