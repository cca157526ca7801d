/** What records of settings have in common: checks of their values, and their keys in files. */
@NullMarked
package org.peft4j.settings;

import org.jspecify.annotations.NullMarked;
