package org.peft4j.adapters;

/**
 * How many triplets AdaLoRA keeps when. Steps count from 0, as Hugging Face PEFT's do.
 *
 * <p>All of them up to step {@code tinit}; then {@code target + (initial − target)·(1 − (t − tinit)
 * / (total − tfinal − tinit))³}, rounded down; the target from step {@code total − tfinal} on.
 *
 * @param initial triplets of all layers at the start
 * @param target triplets of all layers at the end
 * @param tinit last step that keeps all
 * @param last step of the last choice, {@code total − tfinal}; above {@code tinit}
 * @param deltaT a choice is made in steps that are a multiple of this, and the last in {@code
 *     last}, or where that step was left out in the next
 */
record AdaLoraSchedule(int initial, int target, int tinit, int last, int deltaT) {

  /** How many triplets are kept after step {@code t}. */
  int budget(int t) {
    if (t <= tinit) {
      return initial;
    }
    double left = 1 - (double) (Math.min(t, last) - tinit) / (last - tinit);
    return (int) ((initial - target) * Math.pow(left, 3) + target);
  }

  /** Whether importance still counts in step {@code t}. */
  boolean observes(int t) {
    return t < last;
  }

  /** Whether triplets are chosen anew in step {@code t}, unless that was done for good before. */
  boolean chooses(int t) {
    return t >= last || (t > tinit && t % deltaT == 0);
  }
}
