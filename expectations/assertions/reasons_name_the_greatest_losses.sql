/*
title = "Reasons name the greatest losses by the method of the card, or all where there are fewer"
level = "fail"
stage = "scores"
*/
with

-- A loss is the total that the card compares with less the points, times the people of that total.
benchmark as (
    unpivot scores.benchmark on columns(* exclude (scorecard, method, people))
    into name feature value total
),

earned as (
    unpivot scores.points on columns(* exclude (scorecard, person_key))
    into name feature value points
),

lost as (
    select
        earned.scorecard,
        earned.person_key,
        earned.feature,
        card.reason_count,
        case
            when card.is_one_reason_per_family then feature.family else feature.feature
        end as kind,
        benchmark.total - earned.points * benchmark.people as loss
    from earned
    inner join reference.feature as feature
        on earned.scorecard = feature.scorecard and earned.feature = feature.feature
    inner join reference.card as card on earned.scorecard = card.scorecard
    inner join benchmark
        on earned.scorecard = benchmark.scorecard and earned.feature = benchmark.feature
    where benchmark.total > earned.points * benchmark.people
),

greatest_of_kind as (
    select
        scorecard,
        person_key,
        kind,
        any_value(reason_count) as reason_count,
        max(loss) as loss
    from lost
    group by scorecard, person_key, kind
),

named as (
    select
        reason.scorecard,
        reason.person_key,
        count(*) as named_count,
        count(lost.loss) as losing_count,
        min(lost.loss) as smallest_loss
    from scores.reason as reason
    left join lost
        on
            reason.scorecard = lost.scorecard
            and reason.person_key = lost.person_key
            and reason.code = lost.feature
    group by reason.scorecard, reason.person_key
),

counted as (
    select
        kinds.scorecard,
        kinds.person_key,
        any_value(kinds.reason_count) as reason_count,
        coalesce(any_value(named.named_count), 0) as named_count,
        coalesce(any_value(named.losing_count), 0) as losing_count,
        count(*) as kind_count,
        count(*) filter (where kinds.loss > named.smallest_loss) as greater_count
    from greatest_of_kind as kinds
    left join named
        on kinds.scorecard = named.scorecard and kinds.person_key = named.person_key
    group by kinds.scorecard, kinds.person_key
)

select
    coalesce(counted.scorecard, named.scorecard) as scorecard,
    coalesce(counted.person_key, named.person_key) as person_key,
    named.named_count,
    counted.kind_count,
    counted.greater_count
from counted
full join named
    on counted.scorecard = named.scorecard and counted.person_key = named.person_key
where
    counted.scorecard is null
    or counted.losing_count <> counted.named_count
    or counted.named_count <> least(counted.kind_count, counted.reason_count)
    or counted.greater_count >= counted.reason_count
