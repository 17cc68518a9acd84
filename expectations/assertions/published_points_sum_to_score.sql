/*
title = "The published points add up to the published score, row by row"
level = "fail"
stage = "published"
*/
with

total as (
    select
        points.person_id,
        points.scorecard_no,
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
    from published.points as points
    inner join published.card as card on points.scorecard_no = card.scorecard_no
)

select
    coalesce(score.person_id, total.person_id) as person_id,
    coalesce(score.scorecard_no, total.scorecard_no) as scorecard_no,
    score.score,
    total.base_plus_points
from published.score as score
full join total
    on score.person_id = total.person_id and score.scorecard_no = total.scorecard_no
where score.score is distinct from total.base_plus_points
