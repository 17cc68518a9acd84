/*
title = "What points cost: the most that was bought on this version of the card, not on these people"
grain = "one row per scorecard and figure; one without figures where this version of the card was not measured"
key   = ["scorecard_no", "price_no"]
publishes = "statistics.price"
*/
