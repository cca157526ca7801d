package org.peft4j.settings;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The name that a component of a settings record, or a constant of an enum, has in files. Without
 * it the name in files is the Java name in snake case: {@code loraAlpha} is {@code lora_alpha}.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.RECORD_COMPONENT, ElementType.PARAMETER, ElementType.FIELD})
public @interface FileKey {

  /** The key, such as {@code r} for a rank. */
  String value();

  /**
   * Whether a number is written without a decimal point where it is whole, as Python writes its
   * integers.
   */
  boolean whole() default false;
}
