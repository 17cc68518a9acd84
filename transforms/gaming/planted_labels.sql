-- Who plays which part in a planted attack, and the scores as they are with its ties: then the ties
-- of the attacks go from staging.tie. $attack, $attack_tie: Parquet files of the invented world.
create schema planted;

create table planted.part as
select
    person.person_key,
    named.kind,
    named.role
from read_parquet($attack) as named
inner join events.person as person on named.person_id = person.person_id;

create table planted.tie as
with pair as (
    select
        least(one.person_key, other.person_key) as low_key,
        greatest(one.person_key, other.person_key) as high_key
    from read_parquet($attack_tie) as named
    inner join events.person as one on named.person_id = one.person_id
    inner join events.person as other on named.friend_id = other.person_id
)

select
    tie.person_key,
    tie.friend_key,
    tie.contact_months,
    pair.low_key is not null as is_planted
from staging.tie as tie
left join pair
    on
        least(tie.person_key, tie.friend_key) = pair.low_key
        and greatest(tie.person_key, tie.friend_key) = pair.high_key;

-- The social points of whatever scores.score holds.
create view planted.social_without as
select
    score.scorecard,
    score.person_key,
    score.score - card.base - own_points.own_points as points
from scores.score as score
inner join scores.own_points as own_points
    on score.scorecard = own_points.scorecard and score.person_key = own_points.person_key
inner join reference.card as card on score.scorecard = card.scorecard;

create table planted.social as from planted.social_without;

create table planted.friend_reliability as from scores.friend_reliability;

delete from staging.tie
where exists (
    from planted.tie as planted
    where
        planted.is_planted
        and planted.person_key = tie.person_key
        and planted.friend_key = tie.friend_key
)
