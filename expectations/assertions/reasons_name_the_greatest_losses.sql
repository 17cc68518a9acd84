/*
title = "Reasons name the four greatest losses, or all where there are fewer"
level = "fail"
stage = "scores"
*/
with told as (
    select
        scorecard,
        person_key,
        count(*) as reason_count,
        case when count(*) < 4 then 0 else min(points_lost) end as threshold
    from scores.reason
    group by scorecard, person_key
),

most as (
    pivot (
        select
            scorecard,
            feature,
            max_points
        from reference.feature
    )
    on feature
    using max(max_points)
    group by scorecard
),

allowed as (
    select distinct threshold from told
    union
    select 0 as threshold
),

bar as (
    select
        most.scorecard,
        allowed.threshold,
        columns(most.* exclude (scorecard)) - allowed.threshold
    from most
    cross join allowed
),

counted as (
    select
        points.scorecard,
        points.person_key,
        coalesce(told.reason_count, 0) as reason_count,
        cast(points.on_time_share < bar.on_time_share as integer)
        + cast(points.worst_days_late < bar.worst_days_late as integer)
        + cast(points.months_since_late < bar.months_since_late as integer)
        + cast(points.decayed_lateness < bar.decayed_lateness as integer)
        + cast(points.history_months < bar.history_months as integer)
        + cast(points.paid_bills < bar.paid_bills as integer)
        + cast(points.overdue_share < bar.overdue_share as integer)
        + cast(points.active_months < bar.active_months as integer)
        + cast(points.spend_variation < bar.spend_variation as integer)
        + cast(points.category_concentration < bar.category_concentration as integer)
        + cast(points.household_bill_months < bar.household_bill_months as integer)
        + cast(points.refund_share < bar.refund_share as integer)
        + cast(points.chargebacks < bar.chargebacks as integer)
        + cast(points.repeat_merchant_share < bar.repeat_merchant_share as integer)
        + cast(points.savings_months < bar.savings_months as integer)
        + cast(points.repeat_payee_share < bar.repeat_payee_share as integer)
        + cast(points.instalment_on_time_share < bar.instalment_on_time_share as integer)
        + cast(points.services_fulfilled < bar.services_fulfilled as integer)
        + cast(points.service_breaches < bar.service_breaches as integer)
        + cast(points.utilisation < bar.utilisation as integer)
        + cast(points.paid_to_due < bar.paid_to_due as integer)
        + cast(points.median_days_early < bar.median_days_early as integer)
        + cast(points.verified_fields < bar.verified_fields as integer)
        + cast(points.account_age_months < bar.account_age_months as integer)
        + cast(points.contact_stable_days < bar.contact_stable_days as integer)
        + cast(points.own_name_share < bar.own_name_share as integer)
        + cast(points.identity_conflicts < bar.identity_conflicts as integer)
        + cast(points.friend_reliability < bar.friend_reliability as integer)
        + cast(points.two_way_months < bar.two_way_months as integer)
        + cast(points.median_tie_days < bar.median_tie_days as integer)
        + cast(points.top_tie_share < bar.top_tie_share as integer)
        + cast(points.scored_friend_share < bar.scored_friend_share as integer) as greater_losses
    from scores.points as points
    left join told
        on points.scorecard = told.scorecard and points.person_key = told.person_key
    inner join bar
        on points.scorecard = bar.scorecard and coalesce(told.threshold, 0) = bar.threshold
)

select *
from counted
where
    (reason_count < 4 and greater_losses <> reason_count)
    or (reason_count >= 4 and greater_losses >= 4)
