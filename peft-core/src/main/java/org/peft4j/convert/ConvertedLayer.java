package org.peft4j.convert;

import org.peft4j.adapter.LowRankUpdate;

/** What a layer's update became, and what was lost on the way. */
record ConvertedLayer(LowRankUpdate update, LoraReport.Layer report) {}
