/** Folders with adapters, as Hugging Face PEFT and others write them. */
@NullMarked
package org.peft4j.store;

import org.jspecify.annotations.NullMarked;
