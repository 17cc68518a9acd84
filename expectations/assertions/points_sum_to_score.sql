/*
title = "score = base + the points of the 32 features, for everyone"
level = "fail"
stage = "scores"
*/
with

total as (
    select
        points.scorecard,
        points.person_key,
        card.base
        + points.on_time_share
        + points.worst_days_late
        + points.months_since_late
        + points.decayed_lateness
        + points.history_months
        + points.paid_bills
        + points.overdue_share
        + points.active_months
        + points.spend_variation
        + points.category_concentration
        + points.household_bill_months
        + points.refund_share
        + points.chargebacks
        + points.repeat_merchant_share
        + points.savings_months
        + points.repeat_payee_share
        + points.instalment_on_time_share
        + points.services_fulfilled
        + points.service_breaches
        + points.utilisation
        + points.paid_to_due
        + points.median_days_early
        + points.verified_fields
        + points.account_age_months
        + points.contact_stable_days
        + points.own_name_share
        + points.identity_conflicts
        + points.friend_reliability
        + points.two_way_months
        + points.median_tie_days
        + points.top_tie_share
        + points.scored_friend_share as base_plus_points
    from scores.points as points
    inner join reference.card as card on points.scorecard = card.scorecard
)

select
    score.scorecard,
    score.person_key,
    score.score,
    total.base_plus_points
from scores.score as score
full join total
    on score.scorecard = total.scorecard and score.person_key = total.person_key
where score.score is distinct from total.base_plus_points
