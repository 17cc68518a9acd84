/*
number = 10
title  = "What is open to how many"
note   = "A benefit opens at a score. Sources say what is known of each; harm-sensitive ones (housing, hiring, dating, travel papers) are in the audit of gaps by name."
empty  = "The scorecard names no benefits."
chart  = { kind = "bars", label = "benefit", values = ["open_share"] }

[columns]
benefit      = {}
min_score    = { heading = "opens at", unit = "points" }
open_count   = { heading = "open to", unit = "people" }
open_share   = { heading = "open share", unit = "% of the scored", decimals = 1, times = 100 }
is_sensitive = { heading = "harm-sensitive" }
source       = {}
*/
select
    replace(card.benefit, '_', ' ') as benefit,
    card.min_score,
    cast(coalesce(
        sum(placed.people) filter (where placed.score >= card.min_score), 0
    ) as bigint) as open_count,
    open_count / sum(placed.people) as open_share,
    card.is_harm_sensitive as is_sensitive,
    card.source
from benefit_card as card
inner join distribution as placed
    on card.as_of_date = placed.as_of_date and card.scorecard_no = placed.scorecard_no
where card.scorecard_no = 1 and card.as_of_date = $as_of_date
group by all
order by min(card.benefit_no)
