/**
 * What an engine's kernels have to do. A test of an engine implements {@link
 * org.peft4j.testkit.kernel.KernelsContract} and gives its kernels, their type and a tolerance.
 */
package org.peft4j.testkit.kernel;
