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
        balance_cents,
        repaid_cents,
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
        cast(sum(recent.repaid_cents) as bigint) as repaid_cents,
        count(distinct case
            when recent.balance_cents >= material.statement_cents then recent.months_back
        end) >= 4 as is_used
    from recent
    cross join reference.materiality as material
    group by recent.person_key
)

-- A card that is hardly used says nothing of how its holder deals with credit.
select
    person.person_key,
    case when statement.is_used then statement.peak_share end as utilisation_peak,
    case when statement.is_used then cast(statement.unused_cents as double) / 100 end
        as unused_limit,
    case
        when statement.is_used
            then least(cast(statement.repaid_cents as double) / statement.balance_cents, 1)
    end as paid_to_balance
from staging.person as person
left join statement on person.person_key = statement.person_key
