/*
title = "Scores in context are made of the points of accepted contexts, for everyone scored"
level = "fail"
stage = "scores"
*/
-- Over everyone and not row by row: unpivoting every person costs far more. Rounding down takes less
-- than one point of each person, times the most points in context.
with feature_total as (
    unpivot (
        select
            scorecard,
            count(*) as people,
            sum(columns(* exclude (scorecard, person_key)))
        from scores.points
        group by scorecard
    ) on columns(* exclude (scorecard, people)) into name feature value points
),

expected as (
    select
        accepted.scorecard,
        accepted.accepts,
        accepted.most_in_context,
        accepted.most_points,
        max(feature_total.people) as people,
        coalesce(sum(feature_total.points) filter (
            where list_contains(string_split(accepted.accepts, ', '), feature.context)
        ), 0) as points
    from reference.context_set as accepted
    inner join reference.feature as feature on accepted.scorecard = feature.scorecard
    inner join feature_total
        on feature.scorecard = feature_total.scorecard and feature.feature = feature_total.feature
    group by all
),

made as (
    select
        scored.scorecard,
        scored.accepts,
        count(*) as people,
        sum(scored.score_in_context - card.base) as points_above_base,
        min(scored.score_in_context - card.base) as lowest,
        max(scored.score_in_context - card.base) as highest
    from scores.context_score as scored
    inner join reference.card as card on scored.scorecard = card.scorecard
    group by scored.scorecard, scored.accepts
)

select
    coalesce(expected.scorecard, made.scorecard) as scorecard,
    coalesce(expected.accepts, made.accepts) as accepts,
    expected.people as expected_people,
    made.people,
    made.lowest,
    made.highest,
    cast(
        expected.points * expected.most_points - made.points_above_base * expected.most_in_context
        as bigint
    ) as rounded_down
from expected
full join made on expected.scorecard = made.scorecard and expected.accepts = made.accepts
where
    expected.people is distinct from made.people
    or made.lowest < 0
    or made.highest > expected.most_points
    or rounded_down < 0
    or rounded_down > made.people * greatest(expected.most_in_context - 1, 0)
