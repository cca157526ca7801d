/** Files of adapters, as Hugging Face PEFT and others write them, and of whole models. */
@NullMarked
package org.peft4j.store;

import org.jspecify.annotations.NullMarked;
