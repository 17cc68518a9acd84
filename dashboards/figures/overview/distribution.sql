/*
number = 20
title  = "How the scores lie, beside the snapshot before"
note   = "Scored people by score, in steps of 20 points; each row is named by its lowest score."
empty  = "No one is scored."
chart  = { kind = "lines", label = "score_from", values = ["people_share", "share_before"] }

[columns]
score_from    = { heading = "score from" }
people        = { unit = "people" }
people_share  = { heading = "now", unit = "% of the scored", decimals = 2, times = 100 }
people_before = { heading = "people before", unit = "people" }
share_before  = { heading = "before", unit = "% of the scored", decimals = 2, times = 100 }
*/
with binned as (
    select
        score // 20 as bin,
        sum(people) filter (where as_of_date = $as_of_date) as people,
        sum(people) filter (where as_of_date = $before_date) as people_before
    from distribution
    where scorecard_no = 1 and as_of_date in ($as_of_date, cast($before_date as date))
    group by score // 20
),

every_bin as (
    select unnest(range(min(bin), max(bin) + 1)) as bin
    from binned
),

counted as (
    select
        every_bin.bin,
        cast(coalesce(binned.people, 0) as bigint) as people,
        case
            when cast($before_date as date) is not null
                then cast(coalesce(binned.people_before, 0) as bigint)
        end as people_before
    from every_bin
    left join binned on every_bin.bin = binned.bin
)

select
    cast(20 * bin as varchar) as score_from,
    people,
    people / sum(people) over () as people_share,
    people_before,
    people_before / sum(people_before) over () as share_before
from counted
order by bin
