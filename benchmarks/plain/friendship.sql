create table pair as
select
    least(person_key, friend_key) as low_key,
    greatest(person_key, friend_key) as high_key,
    bit_or(1 << cast(($as_of_date - event_date) // 30 % 12 as integer)) filter (
        where event_type = 'contact' and event_date > $as_of_date - 360 and person_key < friend_key
    ) as reach_of_low,
    bit_or(1 << cast(($as_of_date - event_date) // 30 % 12 as integer)) filter (
        where event_type = 'contact' and event_date > $as_of_date - 360 and person_key > friend_key
    ) as reach_of_high,
    min(event_date) filter (where event_type = 'added') as since_date,
    count(*) filter (where event_type = 'removed') > 0 as is_parted
from friendship
group by low_key, high_key
having since_date is not null;

-- Where anybody ever ended a tie, it lives from the first addition after the last end.
create table parted as
with change as (
    select
        low_key,
        high_key,
        event_date,
        event_type,
        count(*) filter (where event_type = 'removed') over (
            partition by low_key, high_key
            order by event_time desc, event_id desc
            rows between unbounded preceding and current row
        ) as later_ends
    from (
        select
            *,
            least(person_key, friend_key) as low_key,
            greatest(person_key, friend_key) as high_key
        from friendship
        where event_type in ('added', 'removed')
    )
    semi join (from pair where is_parted) as ended using (low_key, high_key)
)

select
    low_key,
    high_key,
    min(event_date) as since_date
from change
where event_type = 'added' and later_ends = 0
group by low_key, high_key;

create table tie as
select
    low_key,
    high_key,
    $as_of_date - if(is_parted, parted.since_date, pair.since_date) as tie_days,
    coalesce(bit_count(reach_of_low & reach_of_high), 0) as months
from pair
left join parted using (low_key, high_key)
where not is_parted or parted.since_date is not null;
