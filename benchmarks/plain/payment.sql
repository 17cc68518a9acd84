-- Bills with what was paid on them, receivers of transfers, and deposits: one pass over the log.
create or replace temp table item as
select
    person_key,
    bill_id,
    counterparty_key,
    count(*) filter (where event_type = 'bill') as bill_count,
    count(*) filter (where event_type in ('payment', 'reversal')) as movement_count,
    max(case bill_type
        when 'card' then 1 when 'loan' then 2 when 'instalment' then 3
        when 'utility' then 4 when 'telecom' then 5 when 'rent' then 6
    end) as kind,
    max(due_date) as due_date,
    max(amount_cents) filter (where event_type = 'bill') as amount_cents,
    max(balance_cents) as balance_cents,
    max(credit_limit_cents) as credit_limit_cents,
    max(event_time) filter (where event_type = 'bill') as issued_time,
    sum(case event_type
        when 'payment' then amount_cents when 'reversal' then -amount_cents
    end) as net_cents,
    max(event_date) filter (where event_type in ('payment', 'reversal')) as paid_date,
    bit_or(1 << cast(($as_of_date - event_date) // 30 % 12 as integer)) filter (
        where event_type = 'payment' and event_date > $as_of_date - 180
    ) as paid_blocks,
    bit_or(1 << cast(($as_of_date - event_date) // 30 % 12 as integer)) filter (
        where event_type = 'deposit' and event_date > $as_of_date - 360
    ) as saved_blocks,
    count(*) filter (
        where event_type = 'transfer' and event_date > $as_of_date - 180
    ) as recent_count,
    count(*) filter (
        where event_type = 'transfer'
        and event_date <= $as_of_date - 180
        and event_date > $as_of_date - 545
    ) as earlier_count,
    max(event_date) filter (where event_type <> 'balance') as newest_date
from payment
where person_key between $first_key and $last_key
group by person_key, bill_id, counterparty_key;

-- Bills with more than one event of a kind: which came first, and when was it last paid up?
create or replace temp table odd_event as
select payment.*
from payment
semi join (
    from item where bill_count > 1 or (bill_count = 1 and movement_count > 1)
) as odd using (person_key, bill_id)
where person_key between $first_key and $last_key;

create or replace temp table odd_bill as
with first_bill as (
    select *
    from odd_event
    where event_type = 'bill'
    qualify row_number() over (partition by person_key, bill_id order by event_time, event_id) = 1
),

running as (
    select
        moved.person_key,
        moved.bill_id,
        moved.event_date,
        coalesce(first_bill.amount_cents, 1) as owed,
        if(moved.event_type = 'payment', moved.amount_cents, -moved.amount_cents) as change,
        sum(change) over (
            partition by moved.person_key, moved.bill_id
            order by moved.event_time, moved.event_id
            rows between unbounded preceding and current row
        ) as net
    from odd_event as moved
    inner join first_bill using (person_key, bill_id)
    where moved.event_type in ('payment', 'reversal')
),

settled as (
    select
        person_key,
        bill_id,
        max(event_date) filter (where net >= owed and net - change < owed) as paid_date
    from running
    group by person_key, bill_id
)

select
    first_bill.* replace (case bill_type
        when 'card' then 1 when 'loan' then 2 when 'instalment' then 3
        when 'utility' then 4 when 'telecom' then 5 when 'rent' then 6
    end as bill_type),
    settled.paid_date
from first_bill
left join settled using (person_key, bill_id);
