package org.peft4j.transformers.chat;

import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.lib.tag.Tag;
import com.hubspot.jinjava.tree.Node;
import com.hubspot.jinjava.tree.TagNode;

/**
 * {@code {% generation %}}, Hugging Face's own block around what an assistant says. It leaves a
 * mark on both sides, from the private use area, that no text has.
 */
final class GenerationTag implements Tag {

  static final char BEGIN = '\uE0A1';
  static final char END = '\uE0A2';

  private static final long serialVersionUID = 1;

  @Override
  public String getName() {
    return "generation";
  }

  @Override
  public String interpret(TagNode tag, JinjavaInterpreter interpreter) {
    StringBuilder said = new StringBuilder().append(BEGIN);
    for (Node child : tag.getChildren()) {
      said.append(child.render(interpreter));
    }
    return said.append(END).toString();
  }
}
