/*
title = "What points cost on the cards of the run, as it was measured before"
grain = "one row per scorecard and figure; one without figures where this version of the card was not measured"
key   = ["scorecard", "price_no"]

[columns]
scorecard     = {}
price_no      = {}
is_measured   = { type = "BOOLEAN", doc = "Whether this version of the card was measured, with all its features and on the standard method: no price list is played in a run." }
player        = {}
within_days   = {}
below_cents   = {}
points_bought = {}
score_bought  = {}
band_bought   = {}
deed_count    = {}
moved_cents   = {}
acts          = {}
measured_on   = {}
measured_by   = {}
*/
select
    card.scorecard,
    cast(coalesce(price.price_no, 0) as integer) as price_no,
    price.price_no is not null as is_measured,
    price.player,
    price.within_days,
    price.below_cents,
    price.points_bought,
    price.score_bought,
    price.band_bought,
    price.deed_count,
    price.moved_cents,
    price.acts,
    price.measured_on,
    price.measured_by
from reference.card as card
left join reference.price as price
    -- A card that does without the features of some logs is not the card that was measured.
    on
        card.scorecard = price.scorecard
        and card.version = price.version
        and card.without_logs is null
