/*
number = 15
title  = "Who is in which band, date by date"
note   = "Share of the scored people of each date."
empty  = "No one is scored."
finding = """
select format(
    'Since {} the share of {} changed most: {:.1f} % of the scored then, {:.1f} % now.',
    min(since), max_by(band, abs(now - past)), 100 * max_by(past, abs(now - past)), 100 * max_by(now, abs(now - past))
) from (
    select band, min(as_of_date) as since, min_by(people_share, as_of_date) as past, max_by(people_share, as_of_date) as now
    from figure group by band having count(*) > 1
) having count(*) > 0"""
chart  = { kind = "stack", label = "as_of_date", values = ["people_share"], series = "band" }

[columns]
as_of_date   = { heading = "as of" }
band         = {}
people       = { unit = "people" }
people_share = { heading = "share", unit = "% of the scored", decimals = 1, times = 100 }
*/
with counted as (
    select
        as_of_date,
        band_no,
        cast(sum(people) as bigint) as people
    from distribution
    where scorecard_no = 1 and as_of_date <= $as_of_date
    group by as_of_date, band_no
)

select
    card.as_of_date,
    card.band,
    coalesce(counted.people, 0) as people,
    coalesce(counted.people, 0) / sum(counted.people) over (partition by card.as_of_date)
        as people_share
from band_card as card
left join counted on card.as_of_date = counted.as_of_date and card.band_no = counted.band_no
where card.scorecard_no = 1 and card.as_of_date <= $as_of_date
order by card.as_of_date, card.band_no
