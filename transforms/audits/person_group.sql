/*
title = "Groups that people belong to, for audits only"
grain = "one row per person"
key   = ["person_key"]

[columns]
person_key = {}
region     = { null = false }
gender     = { null = false }
age_band   = { type = "VARCHAR", doc = "Band of the age that the person reaches in the year of as_of_date; 'unknown' without a birth year, or with one that no age band fits." }
*/
-- Of several openings of an account the first one counts.
with opening as (
    select
        person_key,
        region,
        gender,
        birth_year,
        row_number() over (partition by person_key order by event_time, event_id) as opening_no
    from raw.profile
    where event_type = 'opened'
),

stated as (
    select
        person.person_key,
        coalesce(opening.region, 'unknown') as region,
        coalesce(opening.gender, 'unknown') as gender,
        cast(year($as_of_date) as bigint) - opening.birth_year as age
    from staging.person as person
    left join opening on person.person_key = opening.person_key and opening.opening_no = 1
),

-- Free text may have a thousand values: the fifty largest groups stand for themselves.
region_place as (
    select
        region,
        rank() over (order by count(*) desc, region) as place
    from stated
    group by region
),

gender_place as (
    select
        gender,
        rank() over (order by count(*) desc, gender) as place
    from stated
    group by gender
)

select
    stated.person_key,
    case
        when region_place.place <= 50 or stated.region = 'unknown' then stated.region
        else 'others'
    end as region,
    case
        when gender_place.place <= 50 or stated.gender = 'unknown' then stated.gender
        else 'others'
    end as gender,
    coalesce(age_band.age_band, 'unknown') as age_band
from stated
inner join region_place on stated.region = region_place.region
inner join gender_place on stated.gender = gender_place.gender
left join reference.age_band as age_band
    on stated.age >= age_band.from_age and stated.age <= age_band.to_age
