/**
 * What a method implements: an adapter is a formula over a frozen layer, a config is a record that
 * checks its numbers and builds the adapter, an initializer decides where it starts. Read this
 * package and you know the library.
 */
@NullMarked
package org.peft4j.adapter;

import org.jspecify.annotations.NullMarked;
