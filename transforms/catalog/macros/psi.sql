/*
Population stability index of the score (bins of 20 points) and of every feature (by the points it
earned), scored people of day d1 against day d2. Half a person is added to each bin of either day,
so that empty bins stay finite. Custom has it that below 0.1 is stable and above 0.25 has shifted.
Example: from psi('2026-09-30', '2026-10-31') order by psi desc
*/
create macro psi(d1, d2) as table
with point_count as (
    select
        points.as_of_date,
        unnest([
        {counts}
        ]) as feature_count
    from points
    where points.as_of_date in (cast(d1 as date), cast(d2 as date))
    group by points.as_of_date
),

bin_count as (
    select
        as_of_date,
        feature_count.feature as measure,
        unnest(feature_count.bins) as bin
    from point_count
),

binned as (
    select
        as_of_date,
        measure,
        bin.key as bin,
        bin.value as people
    from bin_count
    union all
    select
        as_of_date,
        'score' as measure,
        score // 20 as bin,
        count(*) as people
    from score
    where score is not null and as_of_date in (cast(d1 as date), cast(d2 as date))
    group by as_of_date, score // 20
),

counted as (
    select
        measure,
        bin,
        cast(coalesce(sum(people) filter (where as_of_date = cast(d1 as date)), 0) as bigint) as before,
        cast(coalesce(sum(people) filter (where as_of_date = cast(d2 as date)), 0) as bigint) as after
    from binned
    group by measure, bin
),

shared as (
    select
        measure,
        before,
        after,
        (before + 0.5) / (sum(before) over by_measure + 0.5 * count(*) over by_measure) as share_before,
        (after + 0.5) / (sum(after) over by_measure + 0.5 * count(*) over by_measure) as share_after
    from counted
    window by_measure as (partition by measure)
)

select
    measure,
    sum((share_after - share_before) * ln(share_after / share_before)) as psi,
    count(*) as bins,
    cast(sum(before) as bigint) as people_before,
    cast(sum(after) as bigint) as people_after
from shared
group by measure
order by measure
