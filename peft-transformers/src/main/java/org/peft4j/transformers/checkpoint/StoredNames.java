package org.peft4j.transformers.checkpoint;

import java.util.List;
import java.util.Set;

/**
 * What the tensors of a checkpoint are called in its files: as their paths in the model, or, all of
 * them, without the {@code model.} of a decoder that was saved bare, or with what wrappers for
 * compiling and for training on several devices put before.
 */
record StoredNames(Set<String> names, String extra, String missing) {

  private static final List<String> WRAPPERS = List.of("_orig_mod.", "module.");

  /**
   * @param prefix of a decoder in a whole model, such as {@code model.}
   */
  static StoredNames of(Set<String> names, String prefix) {
    for (String wrapper : WRAPPERS) {
      if (!names.isEmpty() && names.stream().allMatch(name -> name.startsWith(wrapper))) {
        return new StoredNames(names, wrapper, "");
      }
    }
    boolean whole = names.stream().anyMatch(name -> name.startsWith(prefix));
    return new StoredNames(names, "", whole ? "" : prefix);
  }

  /** The name in the file of the tensor at {@code path}. */
  String of(String path) {
    boolean bare = !missing.isEmpty() && path.startsWith(missing);
    String bareName = bare ? path.substring(missing.length()) : path;
    // A head beside a bare decoder has its own name already.
    return extra + (bare && names.contains(bareName) ? bareName : path);
  }
}
