package org.peft4j.train;

/**
 * A step that was left out because its loss or its gradient was not finite.
 *
 * @param step its number, from 1
 * @param reason what was wrong and where
 * @param skipped how many steps have been left out so far
 */
public record Fault(int step, String reason, int skipped) {}
