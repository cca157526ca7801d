package org.peft4j.transformers.data;

import java.util.Map;
import org.peft4j.transformers.chat.ChatTemplate;

/** How conversations are written for models that were never taught a way: who speaks, in words. */
public final class PlainChat {

  /** {@code User:}, {@code Assistant:} and so on, a turn per line. */
  public static final ChatTemplate TEMPLATE =
      ChatTemplate.of(
          """
          {%- for message in messages %}
          {{- message.role | capitalize + ': ' }}
          {%- if message.role == 'assistant' %}
          {%- generation %}{{ message.content + '\\n' }}{% endgeneration %}
          {%- else %}
          {{- message.content + '\\n' }}
          {%- endif %}
          {%- endfor %}
          {%- if add_generation_prompt %}
          {{- 'Assistant: ' }}
          {%- endif %}
          """,
          Map.of());

  private PlainChat() {}
}
