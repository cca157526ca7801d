/**
 * Matrices and their decompositions, through LAPACK: what initializers need to look into a weight.
 *
 * <p>Everything computes in float64 unless it says otherwise, may be called from several threads,
 * and frees its native memory before it returns; results live on the Java heap.
 */
@NullMarked
package org.peft4j.init.linalg;

import org.jspecify.annotations.NullMarked;
