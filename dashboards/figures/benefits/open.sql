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
with placed as (
    select
        score,
        cast(sum(people) as bigint) as people
    from distribution
    where scorecard_no = 1 and as_of_date = $as_of_date
    group by score
),

gate as (
    select
        card.benefit_no,
        cast(coalesce(
            sum(placed.people) filter (where placed.score >= card.min_score), 0
        ) as bigint) as open_count,
        sum(placed.people) as scored
    from benefit_card as card
    cross join placed
    where card.scorecard_no = 1 and card.as_of_date = $as_of_date
    group by card.benefit_no
)

select
    replace(card.benefit, '_', ' ') as benefit,
    card.min_score,
    gate.open_count,
    gate.open_count / gate.scored as open_share,
    card.is_harm_sensitive as is_sensitive,
    card.source
from benefit_card as card
inner join gate on card.benefit_no = gate.benefit_no
where card.scorecard_no = 1 and card.as_of_date = $as_of_date
order by card.benefit_no
