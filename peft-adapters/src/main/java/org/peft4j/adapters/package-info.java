/** The methods: one file each. */
@NullMarked
package org.peft4j.adapters;

import org.jspecify.annotations.NullMarked;
