create or replace temp table odd_order as
select
    person_key,
    order_id,
    count(*) filter (where event_type = 'purchase') as purchase_count,
    sum(amount_cents) filter (where event_type = 'refund') as refund_cents,
    count(*) filter (where event_type = 'chargeback') as chargeback_count,
    count(*) filter (
        where event_type = 'chargeback' and event_date > $as_of_date - 365
    ) as recent_count
from purchase
where person_key between $first_key and $last_key
group by person_key, order_id
having purchase_count <> 1 or refund_cents is not null or chargeback_count > 0;

create or replace temp table later_event as
select event_id
from purchase
semi join (from odd_order where purchase_count > 1) as odd using (person_key, order_id)
where event_type = 'purchase' and person_key between $first_key and $last_key
qualify row_number() over (partition by person_key, order_id order by event_time, event_id) > 1;

-- A refund that names a merchant takes back the newest purchases there, as from the top of a pile.
create or replace temp table merchant_taken as
with refund as (
    from purchase
    where event_type = 'refund' and order_id is null
        and person_key between $first_key and $last_key
),

movement as (
    select
        person_key, merchant_id, event_type, event_time, order_id, event_id,
        if(
            chargeback_count > 0, 0, greatest(amount_cents - coalesce(refund_cents, 0), 0)
        ) as change
    from purchase
    semi join refund using (person_key, merchant_id)
    left join odd_order using (person_key, order_id)
    where event_type = 'purchase' and event_id not in (from later_event)
    union all
    select person_key, merchant_id, event_type, event_time, order_id, event_id, -amount_cents
    from refund
),

running as (
    select *, sum(change) over pile as total
    from movement
    window pile as (
        partition by person_key, merchant_id order by event_time, event_type, order_id, event_id
        rows unbounded preceding
    )
),

piled as (
    select *, total - least(min(total) over pile, 0) as height
    from running
    window pile as (
        partition by person_key, merchant_id order by event_time, event_type, order_id, event_id
        rows unbounded preceding
    )
)

select
    person_key,
    order_id,
    least(change, height - min(height) over (
        partition by person_key, merchant_id order by event_time, event_type, order_id, event_id
        rows between current row and unbounded following
    )) as taken_cents
from piled
qualify event_type = 'purchase' and taken_cents > 0;

create or replace temp table line as
select
    person_key,
    cast($as_of_date - event_date as integer) as age,
    merchant_id,
    category,
    is_own_name,
    amount_cents,
    least(coalesce(refund_cents, 0), amount_cents) + coalesce(taken_cents, 0) as refunded_cents,
    if(chargeback_count > 0, 0, greatest(amount_cents - coalesce(refund_cents, 0), 0))
    - coalesce(taken_cents, 0) as net_cents
from purchase
left join odd_order using (person_key, order_id)
left join merchant_taken using (person_key, order_id)
where
    purchase.event_type = 'purchase'
    and event_date > $as_of_date - 545
    and person_key between $first_key and $last_key
    and event_id not in (from later_event);
