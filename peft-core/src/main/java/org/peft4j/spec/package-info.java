/** What an adapter is: method, layers, initializer. Files and what builds adapters know it. */
@NullMarked
package org.peft4j.spec;

import org.jspecify.annotations.NullMarked;
