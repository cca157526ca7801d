/** ND4J as an engine, its arrays as tensors and its updaters as optimizers. */
@NullMarked
package org.peft4j.nd4j;

import org.jspecify.annotations.NullMarked;
