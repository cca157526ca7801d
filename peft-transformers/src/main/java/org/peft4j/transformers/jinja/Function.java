package org.peft4j.transformers.jinja;

/** What a template can call. */
@FunctionalInterface
interface Function {

  Object call(Evaluator evaluator, Arguments arguments);
}
