-- Once for everybody: identity details are compared across people.
create table actor as
select distinct person_key from friendship;

create table decay as
select
    cast(age as integer) as age,
    cast(floor(1000000 * pow(0.5, age / 180.0) + 0.5) as bigint) as weight
from range(1825) as days (age);

create table detail as
select
    person_key,
    field,
    arg_max(event_type, (event_time, event_id)) = 'verified' as is_verified,
    arg_max({'hash': value_hash}, (event_time, event_id)).hash as value_hash,
    max(event_date) filter (where event_type = 'changed') as changed_date
from profile
where event_type in ('verified', 'changed')
group by person_key, field;

create table holder as
select
    person_key,
    max(value_hash) filter (where field = 'phone') as phone,
    max(value_hash) filter (where field = 'bank_account') as bank,
    max(value_hash) filter (where field = 'device') as device
from detail
where field in ('phone', 'bank_account', 'device') and value_hash is not null
group by person_key;

-- Most hashes are held by one person only: those need no pairs.
create table shared as
with held as (
    unpivot holder on phone, bank, device into name field value hash
),

common as (
    select
        field,
        hash
    from held
    group by field, hash
    having count(*) > 1
)

select held.* from held semi join common using (field, hash);

create table conflict as
with pivoted as (
    select
        person_key,
        max(hash) filter (where field = 'phone') as p,
        max(hash) filter (where field = 'bank') as b,
        max(hash) filter (where field = 'device') as d
    from shared
    group by person_key
)

select
    person_key,
    if(p is null, 0, count(*) over (partition by p))
    + if(b is null, 0, count(*) over (partition by b))
    + if(d is null, 0, count(*) over (partition by d))
    - if(p is null or b is null, 0, count(*) over (partition by p, b))
    - if(p is null or d is null, 0, count(*) over (partition by p, d))
    - if(b is null or d is null, 0, count(*) over (partition by b, d))
    + if(p is null or b is null or d is null, 0, count(*) over (partition by p, b, d))
    - 1 as people_count
from pivoted;

create table profiled as
with account as (
    select
        person_key,
        min(event_date) filter (where event_type = 'opened') as opened_date,
        arg_max(event_type, (event_time, event_id))
            filter (where event_type in ('frozen', 'unfrozen')) = 'frozen' as is_frozen
    from profile
    group by person_key
),

verified as (
    select
        person_key,
        count(*) filter (where is_verified and field <> 'device') as verified_count,
        max(changed_date) filter (where field in ('phone', 'address', 'bank_account')) as moved,
        bool_or(is_verified) filter (where field = 'national_id') as has_national_id
    from detail
    group by person_key
)

select
    account.*,
    verified.* exclude (person_key),
    case when holder.person_key is not null then coalesce(people_count, 0) end as conflicts
from account
left join verified using (person_key)
left join holder using (person_key)
left join conflict using (person_key);
