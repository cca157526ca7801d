package org.peft4j.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapter.Ranked;
import org.peft4j.io.RecordCodec;
import org.peft4j.spec.AdapterInfo;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import picocli.CommandLine.Mixin;

/** The adapter to train: a new one, or one that exists. */
final class AdapterOptions {

  @Mixin private MethodOptions method;
  @Mixin private TargetOptions targets;

  /**
   * A new adapter.
   *
   * @param info what it is for
   */
  private AdapterSpec fresh(AdapterInfo info, long seed) throws IOException {
    NamedMethod chosen = method.chosen();
    AdapterSpec spec =
        targets
            .settled(new AdapterSpec(chosen.config(), TargetModules.allLinear()))
            .seeded(seed)
            .describedBy(info);
    return chosen.start().map(spec::startedBy).orElse(spec);
  }

  /**
   * The adapter that is named, with which nothing that was asked for may disagree, or a new one.
   *
   * @param info what a new one is for
   */
  AdapterSpec wanted(ModelOptions model, AdapterInfo info, long seed) throws IOException {
    Optional<AdapterSpec> existing = model.existing();
    if (existing.isEmpty()) {
      return fresh(info, seed);
    }
    requireAgreement(Objects.requireNonNull(model.adapter()), existing.get());
    return existing.get();
  }

  /**
   * Makes sure that nothing was asked for that an existing adapter is not.
   *
   * @throws IllegalArgumentException if something was; the message names all of it
   */
  private void requireAgreement(Path folder, AdapterSpec existing) throws IOException {
    AdapterConfig has = existing.config();
    AdapterConfig wanted = method.on(has);
    AdapterSpec placed = targets.on(existing);
    List<String> differences = new ArrayList<>();
    if (!wanted.method().equals(has.method())) {
      differences.add("--method " + wanted.method() + " but it is " + has.method());
    } else if (!wanted.equals(has)) {
      differences.addAll(settings(wanted, has));
    }
    if (!placed.targets().equals(existing.targets())) {
      String now = TargetOptions.text(existing.targets());
      String then = TargetOptions.text(placed.targets());
      differences.add(
          now.equals(then)
              ? "--layers, which cannot change"
              : "--targets %s but it is on %s".formatted(then, now));
    }
    if (!placed.exclude().equals(existing.exclude())) {
      differences.add("--exclude, which cannot change");
    }
    if (!placed.modulesToSave().equals(existing.modulesToSave())) {
      differences.add(
          "--modules-to-save %s but it has %s"
              .formatted(placed.modulesToSave(), existing.modulesToSave()));
    }
    method
        .start()
        .ifPresent(start -> differences.add("a start by " + start.name() + " but it has started"));
    if (!differences.isEmpty()) {
      throw new IllegalArgumentException(
          "--adapter %s goes on as it is, so these do not agree: %s; leave them out"
              .formatted(folder, String.join("; ", differences)));
    }
  }

  /** The rank, or else all settings, by their names in files, that differ. */
  private static List<String> settings(AdapterConfig wanted, AdapterConfig has) {
    Optional<Integer> rank = wanted.ranked().map(Ranked::rank);
    Optional<Integer> itsRank = has.ranked().map(Ranked::rank);
    if (rank.isPresent() && itsRank.isPresent() && !rank.equals(itsRank)) {
      return List.of("--rank " + rank.get() + " but it has rank " + itsRank.get());
    }
    ObjectNode now = RecordCodec.write((Record) has);
    List<String> differences = new ArrayList<>();
    for (Map.Entry<String, JsonNode> then : RecordCodec.write((Record) wanted).properties()) {
      JsonNode there = now.get(then.getKey());
      if (!then.getValue().equals(there)) {
        differences.add("%s %s but it has %s".formatted(then.getKey(), then.getValue(), there));
      }
    }
    return differences;
  }
}
