create or replace temp table purchased as
with buyer as (
    select
        person_key,
        bool_or(event_type = 'purchase') as is_buyer
    from purchase
    where person_key between $first_key and $last_key
    group by person_key
),

disputed as (
    select
        person_key,
        sum(recent_count) as chargebacks
    from odd_order
    where purchase_count > 0
    group by person_key
),

total as (
    select
        person_key,
        sum(amount_cents) filter (where age < 365) as bought_cents,
        sum(refunded_cents) filter (where age < 365) as refunded_cents,
        count(is_own_name) filter (where age < 365) as named_count,
        count(*) filter (where age < 365 and is_own_name) as own_name_count
    from line
    group by person_key
),

monthly as (
    select
        person_key,
        count(*) filter (where cents > 0) as active_months,
        sum(cents) filter (where block < 6) as spent,
        sum(cast(cents as hugeint) * cents) filter (where block < 6) as squared
    from (
        select
            person_key,
            age // 30 as block,
            sum(net_cents) as cents
        from line
        where age < 360
        group by person_key, block
    )
    group by person_key
),

varied as (
    select
        person_key,
        sum(cents) as category_spent,
        sum(cast(cents as hugeint) * cents) as category_squared
    from (
        select
            person_key,
            category,
            sum(net_cents) as cents
        from line
        where age < 180
        group by person_key, category
    )
    group by person_key
),

loyal as (
    select
        person_key,
        sum(recent) as recent_count,
        sum(recent) filter (where earlier > 0) as repeat_count
    from (
        select
            person_key,
            merchant_id,
            count(*) filter (where age < 180) as recent,
            count(*) filter (where age >= 180) as earlier
        from line
        group by person_key, merchant_id
    )
    group by person_key
)

select * from buyer
left join disputed using (person_key)
left join total using (person_key)
left join monthly using (person_key)
left join varied using (person_key)
left join loyal using (person_key);
