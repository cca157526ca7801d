package org.peft4j.cli;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.Placement;
import org.peft4j.spec.TargetModules;
import picocli.CommandLine.Option;

/** Where adapters go. */
@Heading("Which layers")
final class TargetOptions {

  private static final String REGEX = "regex:";

  @Option(
      names = "--targets",
      paramLabel = "WHAT",
      description =
          "Layers to adapt: all-linear, names such as q_proj,v_proj, or regex:PATTERN for whole"
              + " paths. Default: all-linear.")
  private @Nullable String targets;

  @Option(
      names = "--exclude",
      paramLabel = "WHAT",
      description = "Layers to leave alone after all, written like --targets.")
  private @Nullable String exclude;

  @Option(
      names = "--layers",
      split = ",",
      paramLabel = "N",
      description = "Numbers of the blocks to adapt; wants --targets to be names.")
  private List<Integer> layers = List.of();

  @Option(
      names = "--modules-to-save",
      split = ",",
      paramLabel = "NAME",
      description = "Modules to train whole and to save with the adapter, such as lm_head.")
  private List<String> modulesToSave = List.of();

  /** {@code fresh} with everything that was asked for; the options say afterwards what that is. */
  AdapterSpec settled(AdapterSpec fresh) {
    AdapterSpec spec = on(fresh);
    if (targets == null) {
      targets = text(spec.targets());
    }
    return spec;
  }

  /** {@code spec} with everything that was asked for. */
  AdapterSpec on(AdapterSpec spec) {
    return spec.placed(
        new Placement(
            targets(spec.targets()),
            exclude == null ? spec.exclude() : Optional.of(parsed("--exclude", exclude)),
            modulesToSave.isEmpty() ? spec.modulesToSave() : modulesToSave));
  }

  private TargetModules targets(TargetModules otherwise) {
    TargetModules wanted = targets == null ? otherwise : parsed("--targets", targets);
    if (layers.isEmpty()) {
      return wanted;
    }
    if (wanted instanceof TargetModules.Names names) {
      return new TargetModules.Names(names.names(), layers, names.layersPattern());
    }
    throw new IllegalArgumentException(
        "--layers %s wants --targets to be names, such as q_proj,v_proj, but it is %s"
            .formatted(layers, text(wanted)));
  }

  private static TargetModules parsed(String option, String text) {
    if (text.isBlank()) {
      throw new IllegalArgumentException(
          option + " is empty; write all-linear, names or regex:PATTERN");
    }
    if (text.equals("all-linear")) {
      return TargetModules.allLinear();
    }
    return text.startsWith(REGEX)
        ? TargetModules.regex(text.substring(REGEX.length()))
        : TargetModules.names(text.strip().split("\\s*,\\s*"));
  }

  /** The targets as {@code --targets} takes them. */
  static String text(TargetModules targets) {
    if (targets instanceof TargetModules.Names names) {
      return String.join(",", names.names());
    }
    return targets instanceof TargetModules.Regex regex ? REGEX + regex.pattern() : "all-linear";
  }
}
