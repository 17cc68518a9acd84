/*
title = "A reason tells the points that its feature earned, and its maximum"
level = "fail"
stage = "scores"
*/
with

told as (
    select
        reason.scorecard,
        reason.person_key,
        reason.code,
        reason.points as points_told,
        reason.max_points as max_points_told,
        case reason.code
            when 'on_time_share' then points.on_time_share
            when 'worst_days_late' then points.worst_days_late
            when 'months_since_late' then points.months_since_late
            when 'decayed_lateness' then points.decayed_lateness
            when 'history_months' then points.history_months
            when 'paid_bills' then points.paid_bills
            when 'overdue_share' then points.overdue_share
            when 'active_months' then points.active_months
            when 'spend_variation' then points.spend_variation
            when 'category_concentration' then points.category_concentration
            when 'household_bill_months' then points.household_bill_months
            when 'refund_share' then points.refund_share
            when 'chargebacks' then points.chargebacks
            when 'repeat_merchant_share' then points.repeat_merchant_share
            when 'savings_months' then points.savings_months
            when 'repeat_payee_share' then points.repeat_payee_share
            when 'instalment_on_time_share' then points.instalment_on_time_share
            when 'services_fulfilled' then points.services_fulfilled
            when 'service_breaches' then points.service_breaches
            when 'utilisation' then points.utilisation
            when 'paid_to_due' then points.paid_to_due
            when 'median_days_early' then points.median_days_early
            when 'verified_fields' then points.verified_fields
            when 'account_age_months' then points.account_age_months
            when 'contact_stable_days' then points.contact_stable_days
            when 'own_name_share' then points.own_name_share
            when 'identity_conflicts' then points.identity_conflicts
            when 'friend_reliability' then points.friend_reliability
            when 'two_way_months' then points.two_way_months
            when 'median_tie_days' then points.median_tie_days
            when 'top_tie_share' then points.top_tie_share
            when 'scored_friend_share' then points.scored_friend_share
        end as points_earned
    from scores.reason as reason
    left join scores.points as points
        on reason.scorecard = points.scorecard and reason.person_key = points.person_key
)

select
    told.scorecard,
    told.person_key,
    told.code,
    told.points_told,
    told.points_earned,
    told.max_points_told,
    feature.max_points
from told
left join reference.feature as feature
    on told.scorecard = feature.scorecard and told.code = feature.feature
where
    told.points_told is distinct from told.points_earned
    or told.max_points_told is distinct from feature.max_points
