package org.peft4j.train;

/**
 * How far training is.
 *
 * @param step steps done or left out
 * @param updates steps done
 * @param batches differentiated so far; decides what dropout drops
 */
record Position(int step, long updates, long batches) {

  static final Position BEGINNING = new Position(0, 0, 0);

  Position afterBatch() {
    return new Position(step, updates, batches + 1);
  }

  Position afterStep() {
    return new Position(step + 1, updates + 1, batches);
  }

  Position afterFault() {
    return new Position(step + 1, updates, batches);
  }
}
