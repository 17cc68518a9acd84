/*
title = "Use of cards: how much of the limit, how much of the balance is paid"
grain = "one row per person"
key   = ["person_key"]

[columns]
person_key       = {}
utilisation_peak = {}
unused_limit     = {}
paid_to_balance  = {}
*/
with recent as (
    select
        person_key,
        bill_id,
        balance_cents,
        credit_limit_cents - balance_cents as unused_cents,
        date_diff('day', event_date, $as_of_date) // 30 as months_back,
        least(cast(balance_cents as double) / credit_limit_cents, 2) as used_share
    from staging.card_statement
    where event_date > $as_of_date - interval 180 day and event_date <= $as_of_date
),

statement as (
    select
        recent.person_key,
        max(recent.used_share) as peak_share,
        min(recent.unused_cents) as unused_cents,
        cast(sum(recent.balance_cents) as bigint) as balance_cents,
        count(distinct case
            when recent.balance_cents >= material.statement_cents then recent.months_back
        end) >= 4 as is_used
    from recent
    cross join reference.materiality as material
    group by recent.person_key
),

-- Only payments on bills that state a balance: what is paid on others is not paid on the balance.
paid_bill as (
    select
        payment.person_key,
        cast(sum(
            case when payment.event_type = 'payment' then 1 else -1 end * payment.amount_cents
        ) as bigint) as net_cents
    from raw.payment as payment
    inner join recent
        on payment.person_key = recent.person_key and payment.bill_id = recent.bill_id
    where payment.event_type in ('payment', 'reversal')
    group by payment.person_key, payment.bill_id
),

payer as (
    select
        person_key,
        cast(sum(greatest(net_cents, 0)) as bigint) as paid_cents
    from paid_bill
    group by person_key
)

-- A card that is hardly used says nothing of how its holder deals with credit.
select
    person.person_key,
    case when statement.is_used then statement.peak_share end as utilisation_peak,
    case when statement.is_used then cast(statement.unused_cents as double) / 100 end
        as unused_limit,
    case
        when statement.is_used
            then least(
                cast(coalesce(payer.paid_cents, 0) as double) / statement.balance_cents, 1
            )
    end as paid_to_balance
from staging.person as person
left join statement on person.person_key = statement.person_key
left join payer on person.person_key = payer.person_key
