package org.peft4j.train;

import java.nio.file.Path;

/**
 * A checkpoint that has been saved.
 *
 * @param step the step after which
 * @param folder where it is
 * @param seconds it took
 */
public record CheckpointReport(int step, Path folder, double seconds) {}
