package org.peft4j.adapters;

import java.util.Optional;
import org.peft4j.settings.FileKey;
import org.peft4j.settings.Require;

/**
 * How much rank AdaLoRA has, and when it takes some away.
 *
 * @param initR rank at the start; at least 1
 * @param targetR mean rank of a layer at the end; at least 1, at most {@code initR}
 * @param tinit steps before rank is taken; at least 0
 * @param tfinal steps at the end in which no more is taken; at least 0. 0 lets what was switched
 *     off last go on until the end where {@code deltaT} is above 1
 * @param deltaT steps between two choices; at least 1
 * @param totalStep steps that the schedule is made for, above {@code tinit + tfinal}; those of the
 *     training where it is empty, and then they are what a file says. PEFT wants it always
 */
public record AdaLoraBudget(
    int initR,
    int targetR,
    int tinit,
    int tfinal,
    @FileKey("deltaT") int deltaT,
    Optional<Integer> totalStep) {

  public AdaLoraBudget {
    Require.positive("init_r", initR);
    Require.positive("target_r", targetR);
    if (targetR > initR) {
      throw new IllegalArgumentException(
          "target_r must be at most init_r, which is " + initR + ", but was " + targetR);
    }
    Require.notNegative("tinit", tinit);
    Require.notNegative("tfinal", tfinal);
    Require.positive("deltaT", deltaT);
    if (totalStep.isPresent()) {
      requireRoom(totalStep.get(), tinit, tfinal);
    }
  }

  private static void requireRoom(int total, int tinit, int tfinal) {
    Require.positive("total_step", total);
    if (tinit >= total - tfinal) {
      throw new IllegalArgumentException(
          "tinit %d and tfinal %d leave no steps of total_step %d to lower the rank in; decrease"
                  .formatted(tinit, tfinal, total)
              + " tinit or tfinal, or increase total_step");
    }
  }

  /** These ranks on a schedule of its own. */
  AdaLoraBudget scheduled(int tinit, int tfinal, int deltaT) {
    return new AdaLoraBudget(initR, targetR, tinit, tfinal, deltaT, totalStep);
  }

  /**
   * For so many steps, unless it says for how many.
   *
   * @throws IllegalArgumentException if they are too few
   */
  AdaLoraBudget lasting(int steps) {
    return totalStep.isPresent()
        ? this
        : new AdaLoraBudget(initR, targetR, tinit, tfinal, deltaT, Optional.of(steps));
  }

  /** The schedule for so many layers together. */
  AdaLoraSchedule schedule(int layers) {
    int last = totalStep.orElseThrow() - tfinal;
    return new AdaLoraSchedule(initR * layers, targetR * layers, tinit, last, deltaT);
  }
}
