/**
 * A renderer of Jinja templates for chat templates: what it renders equals, to the character, what
 * Jinja2 3.1 makes of the template with the settings of Hugging Face transformers (blocks trimmed
 * and stripped, no escaping, the immutable sandbox, {@code break} and {@code continue}, {@code
 * generation}, {@code raise_exception}, {@code strftime_now}, their own {@code tojson}). What it
 * cannot do so is refused with the construct and its place.
 *
 * <p>It has the whole language of expressions; {@code if}, {@code for} with conditions and
 * recursion, {@code set}, {@code macro}, {@code call}, {@code filter}, {@code with}, {@code raw},
 * {@code print}; Python's integers, floats, strings by code points, lists, tuples, dicts, ranges
 * and generators with the methods that change nothing; all tests; and the filters abs, attr, batch,
 * capitalize, center, count, d, default, dictsort, e, escape, filesizeformat, first, float,
 * forceescape, format, groupby, indent, int, items, join, last, length, list, lower, map, max, min,
 * reject, rejectattr, replace, reverse, round, safe, select, selectattr, slice, sort, string,
 * striptags, sum, title, tojson, trim, truncate, unique, upper, urlencode and wordcount.
 *
 * <p>Refused are {@code include}, {@code import}, {@code extends}, {@code block}, {@code
 * autoescape}, {@code do} and {@code trans}; the filters pprint, random, urlize, wordwrap and
 * xmlattr; complex numbers; and printing what Python prints with an address.
 *
 * <p>A template is text from anywhere: it reaches no files, classes or methods but those named
 * here, and its steps, its text and its nesting are counted and bounded.
 */
@NullMarked
package org.peft4j.transformers.jinja;

import org.jspecify.annotations.NullMarked;
