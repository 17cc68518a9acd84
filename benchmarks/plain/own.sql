create or replace temp table served as
select
    person_key,
    count(*) filter (where is_kept and ended_date > $as_of_date - 365) as services_fulfilled,
    2 * count(*) filter (where broken_age < 365)
    + count(*) filter (where broken_age >= 365 and broken_age < 730) as service_breaches
from (
    select
        person_key,
        arg_min(due_date, (event_time, event_id)) filter (where event_type = 'started') as due,
        min(event_date) filter (where event_type = 'ended') as ended_date,
        min(event_date) filter (where event_type = 'breached') as breached_date,
        ended_date <= due and breached_date is null as is_kept,
        least(
            breached_date,
            if(ended_date > due, ended_date, null),
            if(ended_date <= due + 30, null, due + 31)
        ) as broken_date,
        if(broken_date <= $as_of_date, $as_of_date - broken_date, null) as broken_age
    from service
    where person_key between $first_key and $last_key
    group by person_key, agreement_id
    having count(*) filter (where event_type = 'started') > 0
)
group by person_key;

create or replace temp table own_slice as
with human as (
    select person_key from profiled
    union
    select person_key from purchased
    union
    select person_key from paid
    union
    select person_key from service
    union
    select person_key from actor
)

select
    person_key,
    case
        when opened_date is null or $as_of_date - opened_date < 180 then 'N1'
        when coalesce(paid_bill_count, 0) < 3 then 'N2'
        when newest_date is null or $as_of_date - newest_date >= 180 then 'N3'
        when not coalesce(has_national_id, false) then 'N4'
        when coalesce(is_frozen, false) then 'N5'
    end as not_scored_code,
    cast(on_time_count as double) / nullif(judged_count, 0) as on_time_share,
    worst_days_late,
    if(credit_count > 0, coalesce(last_late_age // 30, 999), null) as months_since_late,
    cast(late_weight as double) / (90 * nullif(full_weight, 0)) as decayed_lateness,
    first_paid_age // 30 as history_months,
    paid_count as paid_bills,
    case
        when coalesce(overdue_cents, 0) = 0 and coalesce(credit_due_cents, 0) = 0 then null
        when overdue_cents >= credit_due_cents then 1.0
        else cast(overdue_cents as double) / credit_due_cents
    end as overdue_share,
    if(is_buyer is not null, coalesce(active_months, 0), null) as active_months,
    if(spent > 0, sqrt(
        cast(6 * (6 * squared - spent * spent) as double) / cast(5 * spent * spent as double)
    ), null) as spend_variation,
    if(category_spent > 0, cast(category_squared as double)
        / cast(category_spent * category_spent as double), null) as category_concentration,
    if(paid.person_key is not null, coalesce(household_months, 0), null) as household_bill_months,
    cast(refunded_cents as double) / nullif(bought_cents, 0) as refund_share,
    if(is_buyer, coalesce(chargebacks, 0), null) as chargebacks,
    cast(coalesce(repeat_count, 0) as double) / nullif(recent_count, 0) as repeat_merchant_share,
    if(paid.person_key is not null, coalesce(savings_months, 0), null) as savings_months,
    cast(coalesce(repeat_transfer_count, 0) as double) / nullif(transfer_count, 0)
        as repeat_payee_share,
    cast(instalment_on_time_count as double) / nullif(instalment_count, 0)
        as instalment_on_time_share,
    services_fulfilled,
    service_breaches,
    utilisation,
    cast(due_paid_cents as double) / nullif(due_cents, 0) as paid_to_due,
    median_days_early,
    if(profiled.person_key is not null, coalesce(verified_count, 0), null) as verified_fields,
    ($as_of_date - opened_date) // 30 as account_age_months,
    $as_of_date - coalesce(moved, opened_date) as contact_stable_days,
    cast(own_name_count as double) / nullif(named_count, 0) as own_name_share,
    conflicts as identity_conflicts
from human
left join profiled using (person_key)
left join purchased using (person_key)
left join paid using (person_key)
left join used using (person_key)
left join served using (person_key)
where person_key between $first_key and $last_key;

create table if not exists own as from own_slice limit 0;

insert into own from own_slice;
