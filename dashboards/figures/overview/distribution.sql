/*
number = 5
title  = "How the scores lie, and what opens where"
note   = "Scored people by score, in steps of 10 points, in the colours of their bands. A dotted line is a gate: what opens there, and how many are at most 10 points below it. Dashed: the snapshot before."
empty  = "No one is scored."
finding = """
select format(
    'Of {:,} scored people {:.1f} % are {}, the largest band{}.',
    cast(sum(people) as bigint), 100 * max(share), max_by(band, share),
    coalesce((
        select format('; {:,} are 1 to 10 points short of {}, the most of any gate', max(short_10), max_by(min_score, short_10))
        from gates having max(short_10) > 0
    ), '')
) from (select band, sum(people) as people, sum(people_share) as share from figure group by band)
"""
chart  = { kind = "distribution", label = "score_from", values = ["people_share", "share_before"], series = "band", gates = "benefits/just_short", is_wide = true }

[columns]
score_from    = { heading = "score from", unit = "points" }
band          = {}
people        = { unit = "people" }
people_share  = { heading = "now", unit = "% of the scored", decimals = 2, times = 100 }
people_before = { heading = "people before", unit = "people" }
share_before  = { heading = "before", unit = "% of the scored", decimals = 2, times = 100 }
*/
with every_score as (
    select
        band,
        band_no,
        unnest(range(at_least, at_most + 1)) as score
    from band_card
    where scorecard_no = 1 and as_of_date = $as_of_date
),

counted as (
    select
        score,
        sum(people) filter (where as_of_date = $as_of_date) as people,
        sum(people) filter (where as_of_date = $before_date) as people_before
    from distribution
    where scorecard_no = 1 and as_of_date in ($as_of_date, cast($before_date as date))
    group by score
),

binned as (
    select
        every_score.score // 10 * 10 as score_from,
        every_score.band,
        every_score.band_no,
        cast(coalesce(sum(counted.people), 0) as bigint) as people,
        case
            when cast($before_date as date) is not null
                then cast(coalesce(sum(counted.people_before), 0) as bigint)
        end as people_before
    from every_score
    left join counted on every_score.score = counted.score
    group by score_from, every_score.band, every_score.band_no
)

select
    score_from,
    band,
    people,
    people / sum(people) over () as people_share,
    people_before,
    people_before / sum(people_before) over () as share_before
from binned
qualify sum(people) over () > 0
order by score_from, band_no
