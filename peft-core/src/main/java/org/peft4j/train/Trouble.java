package org.peft4j.train;

/**
 * Something that went wrong beside the steps and did not end training: a listener failed, a
 * checkpoint could not be saved, or a damaged one was passed over.
 *
 * @param step steps done by then
 * @param what in words
 * @param cause what was thrown
 */
public record Trouble(int step, String what, Throwable cause) {}
