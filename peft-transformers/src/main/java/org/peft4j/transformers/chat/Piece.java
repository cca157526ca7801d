package org.peft4j.transformers.chat;

/**
 * A part of a conversation's text.
 *
 * @param text as the template wrote it
 * @param said whether it is what the model says, with whatever ends its turn
 */
public record Piece(String text, boolean said) {}
