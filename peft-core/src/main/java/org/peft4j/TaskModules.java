package org.peft4j;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.peft4j.nn.Model;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;

/**
 * The modules that a model has for its task alone and that train with every adapter for it, as
 * Hugging Face PEFT has it.
 *
 * @param names of the modules
 * @param taskType of the model
 * @param files that tell of the task
 */
record TaskModules(
    List<String> names, Optional<String> taskType, Map<String, Map<String, Object>> files) {

  /**
   * What PEFT itself writes into every adapter for such a task, so that each name need not be a
   * module of the model.
   */
  private static final Set<String> USUAL_NAMES = Set.of("classifier", "score");

  private static final Set<String> CLASSIFYING = Set.of("SEQ_CLS", "TOKEN_CLS");

  static TaskModules of(Model<?> model) {
    return new TaskModules(model.newModules(), model.taskType(), model.taskFiles());
  }

  /** A new adapter with them, unless it is for another task or names them as its targets. */
  AdapterSpec added(AdapterSpec spec) {
    return isForAnother(spec) || taskType.isEmpty() ? spec : with(missing(spec), spec);
  }

  /** What lies beside an adapter; one for another task has no use for it. */
  Map<String, Map<String, Object>> files(AdapterSpec spec) {
    return isForAnother(spec) ? Map.of() : files;
  }

  /** An adapter from a file that leaves out what goes without saying for its task. */
  AdapterSpec addedToFile(AdapterSpec spec) {
    return isForThisTask(spec) ? with(missing(spec), spec) : spec;
  }

  /** Whether the file may name that module although the model does not have it. */
  static boolean mayBeAbsent(String name, AdapterSpec spec) {
    return USUAL_NAMES.contains(name)
        && spec.info().taskType().filter(CLASSIFYING::contains).isPresent();
  }

  private boolean isForAnother(AdapterSpec spec) {
    return spec.info().taskType().isPresent() && !isForThisTask(spec);
  }

  private boolean isForThisTask(AdapterSpec spec) {
    return taskType.isPresent() && taskType.equals(spec.info().taskType());
  }

  private List<String> missing(AdapterSpec spec) {
    return names.stream()
        .filter(name -> !spec.modulesToSave().contains(name) && !isTarget(name, spec.targets()))
        .toList();
  }

  private static boolean isTarget(String name, TargetModules targets) {
    return targets.matches(new TargetModules.Candidate(name, true, true));
  }

  private AdapterSpec with(List<String> modules, AdapterSpec spec) {
    List<String> saved = new ArrayList<>(spec.modulesToSave());
    saved.addAll(modules);
    return spec.saving(saved.toArray(new String[0]))
        .describedBy(spec.info().ofTask(taskType.orElseThrow()));
  }
}
