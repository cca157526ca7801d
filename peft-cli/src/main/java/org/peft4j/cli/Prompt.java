package org.peft4j.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/**
 * A text to go on from.
 *
 * @param place where it stands, for messages
 * @param row what else stood there, if it was a row of JSON
 */
record Prompt(String text, String place, @Nullable ObjectNode row) {}
