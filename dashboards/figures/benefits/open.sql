/*
number = 10
title  = "What is open to how many"
note   = "A benefit opens at a score. Sources say what is known of each; harm-sensitive ones (housing, hiring, dating, travel papers) are in the audit of gaps by name."
empty  = "The scorecard names no benefits."
finding = """
select format(
    'The fewest have {} open: {:,} people, {:.1f} % of the scored.',
    min_by(benefit, open_share), min(open_count), 100 * min(open_share)
) from figure"""
chart  = { kind = "bars", label = "benefit", values = ["open_share"] }

[columns]
benefit      = {}
min_score    = { heading = "opens at", unit = "points" }
open_count   = { heading = "open to", unit = "people" }
open_share   = { heading = "open share", unit = "% of the scored", decimals = 1, times = 100 }
is_sensitive = { heading = "harm-sensitive" }
source       = {}
*/
with scored as (
    select sum(people) as people
    from distribution
    where scorecard_no = 1 and as_of_date = $as_of_date
),

opened as (
    select
        card.benefit,
        card.benefit_no,
        card.min_score,
        card.is_harm_sensitive,
        card.source,
        coalesce(
            max(walled.open_with_wall_count) filter (where card.is_wall_enforced),
            sum(placed.people) filter (where placed.score >= card.min_score),
            0
        ) as open_count
    from benefit_card as card
    inner join distribution as placed
        on card.as_of_date = placed.as_of_date and card.scorecard_no = placed.scorecard_no
    left join context as walled
        on
            card.as_of_date = walled.as_of_date
            and card.scorecard_no = walled.scorecard_no
            and card.benefit = walled.benefit
            and walled.attribute = 'everyone'
    where card.scorecard_no = 1 and card.as_of_date = $as_of_date
    group by all
)

select
    replace(opened.benefit, '_', ' ') as benefit,
    opened.min_score,
    cast(opened.open_count as bigint) as open_count,
    opened.open_count / scored.people as open_share,
    opened.is_harm_sensitive as is_sensitive,
    opened.source
from opened
cross join scored
order by opened.benefit_no
