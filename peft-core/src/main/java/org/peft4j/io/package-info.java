/** Files: safetensors, and records as JSON the way Hugging Face PEFT writes them. */
@NullMarked
package org.peft4j.io;

import org.jspecify.annotations.NullMarked;
