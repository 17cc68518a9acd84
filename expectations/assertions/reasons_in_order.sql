/*
title = "Reasons are ranked without a gap, no more than the card gives, the greatest loss first"
level = "fail"
stage = "scores"
*/
with

-- A feature is a bit: counting distinct names of every person costs several times as much. A mean times
-- its people is the whole total again, so that equal losses compare as equal.
ranked as (
    select
        reason.scorecard,
        reason.person_key,
        count(*) as reason_count,
        max(reason.rank) as last_rank,
        bit_count(bit_or(cast(1 as hugeint) << feature.feature_no)) as feature_count,
        max(card.reason_count) as most_count,
        list(
            cast(round(reason.benchmark_points * benchmark.people) as bigint)
            - reason.points * benchmark.people
            order by reason.rank
        ) as losses
    from scores.reason as reason
    inner join reference.feature as feature
        on reason.scorecard = feature.scorecard and reason.code = feature.feature
    inner join reference.card as card on reason.scorecard = card.scorecard
    inner join scores.benchmark as benchmark on reason.scorecard = benchmark.scorecard
    group by reason.scorecard, reason.person_key
)

select *
from ranked
where
    last_rank <> reason_count
    or feature_count <> reason_count
    or reason_count > most_count
    or losses <> list_reverse_sort(losses)
