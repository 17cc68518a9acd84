/*
title = "Why scores changed"
grain = "one row per person of either snapshot"
key   = ["person_id"]

[columns]
person_id         = {}
as_of_date_before = {}
known_on_before   = {}
as_of_date        = {}
known_on          = {}
score_before      = {}
score_after       = {}
score_change      = { type = "INTEGER", unit = "points", null = true, doc = "The difference; empty unless scored in both snapshots." }
rules_change      = { null = true }
late_data_change  = { null = true }
time_change       = { null = true }
new_events_change = { null = true }
rules_friends      = { type = "INTEGER", unit = "points", null = true, doc = "The part of rules_change in the social factor." }
late_data_friends  = { type = "INTEGER", unit = "points", null = true, doc = "The part of late_data_change in the social factor." }
time_friends       = { type = "INTEGER", unit = "points", null = true, doc = "The part of time_change in the social factor." }
new_events_friends = { type = "INTEGER", unit = "points", null = true, doc = "The part of new_events_change in the social factor." }
status_before     = {}
status_after      = {}
status_cause      = {}
is_carried        = { type = "BOOLEAN", doc = "Whether the person, scored in both snapshots, is not scored somewhere on the way: the part of that cause is counted with the next." }

[[checks]]
name = "the causes sum to the change of the score"
sql  = "select * from {batch} where rules_change + late_data_change + time_change + new_events_change <> score_change"
*/
-- On a card of other factors, the social one is that of the neighbour mean.
with social as (
    select distinct factor
    from changes.change_feature
    where factor = 'social_connections' or feature = 'friend_reliability'
),

friends as (
    select
        person_id,
        cast(sum(rules_change) as bigint) as rules_friends,
        cast(sum(late_data_change) as bigint) as late_data_friends,
        cast(sum(time_change) as bigint) as time_friends,
        cast(sum(new_events_change) as bigint) as new_events_friends
    from changes.change_feature
    where factor in (select social.factor from social)
    group by person_id
),

-- A state in which the person is not scored has no score: its part goes to the next that has.
carried as (
    select
        *,
        score_rules is null or score_late_data is null or score_time is null as is_carried,
        coalesce(score_rules, score_before) as with_rules,
        coalesce(score_late_data, score_rules, score_before) as with_late_data,
        coalesce(score_time, score_late_data, score_rules, score_before) as with_time
    from changes.person_state
    where score_before is not null and score_after is not null
)

select
    person.person_id,
    pair.as_of_date_before,
    pair.known_on_before,
    pair.as_of_date,
    pair.known_on,
    person.score_before,
    person.score_after,
    cast(carried.score_after - carried.score_before as integer) as score_change,
    cast(carried.with_rules - carried.score_before as integer) as rules_change,
    cast(carried.with_late_data - carried.with_rules as integer) as late_data_change,
    cast(carried.with_time - carried.with_late_data as integer) as time_change,
    cast(carried.score_after - carried.with_time as integer) as new_events_change,
    cast(if(carried.person_id is not null, coalesce(friends.rules_friends, 0), null) as integer)
        as rules_friends,
    cast(if(carried.person_id is not null, coalesce(friends.late_data_friends, 0), null) as integer)
        as late_data_friends,
    cast(if(carried.person_id is not null, coalesce(friends.time_friends, 0), null) as integer)
        as time_friends,
    cast(if(
        carried.person_id is not null, coalesce(friends.new_events_friends, 0), null
    ) as integer) as new_events_friends,
    status_change.status_before,
    status_change.status_after,
    status_change.status_cause,
    coalesce(carried.is_carried, false) as is_carried
from changes.person_state as person
inner join changes.status_change as status_change on person.person_id = status_change.person_id
cross join changes.pair as pair
left join carried on person.person_id = carried.person_id
left join friends on person.person_id = friends.person_id
