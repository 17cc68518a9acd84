/*
title = "What friends the attacks bring"
grain = "one row per scorecard, attack and attacker"
key   = ["scorecard", "attack_no", "person_key"]

[columns]
scorecard      = {}
attack_no      = {}
person_key     = {}
friend_count   = {}
scored_tie_count = { type = "BIGINT", unit = "ties", doc = "New friends who have a record of their own." }
good_count     = { type = "BIGINT", unit = "ties", doc = "New friends whose record is among the best." }
contact_months = { type = "BIGINT", unit = "30-day months", doc = "Months of two-way contact with each." }
clipped_ppm    = { type = "BIGINT", unit = "parts per million", doc = "Their records together, each moved to within the card's distance of the attacker's." }
*/
with attacker as (
    select
        attacker.*,
        greatest(attacker.own_ppm - card.max_distance_ppm, 0) as low_ppm,
        least(attacker.own_ppm + card.max_distance_ppm, 1000000) as high_ppm
    from audits.attacker as attacker
    inner join reference.card as card on attacker.scorecard = card.scorecard
),

ring_size as (
    select max(friend_count) + 1 as people
    from reference.attack
    where attack = 'ring'
),

-- The lowest quarter, dealt out like cards: each ring has someone of every part of it.
member as (
    select
        attacker.*,
        attacker.attacker_no
        % nullif(attacker.attackers // (4 * ring_size.people), 0) as ring_no
    from attacker
    cross join ring_size
    where attacker.attacker_no <= attacker.attackers // (4 * ring_size.people) * ring_size.people
),

-- Who are friends already make no new tie.
ring as (
    select
        'ring' as attack,
        mine.scorecard,
        mine.person_key,
        cast(count(*) as bigint) as friend_count,
        cast(sum(
            greatest(least(other.own_ppm, mine.high_ppm), mine.low_ppm)
        ) as bigint) as clipped_ppm
    from member as mine
    inner join member as other
        on
            mine.scorecard = other.scorecard
            and mine.ring_no = other.ring_no
            and mine.person_key <> other.person_key
    anti join staging.tie as tie
        on mine.person_key = tie.person_key and other.person_key = tie.friend_key
    group by mine.scorecard, mine.person_key
)

select
    attacker.scorecard,
    attack.attack_no,
    attacker.person_key,
    coalesce(ring.friend_count, attack.friend_count) as friend_count,
    case
        when attack.attack = 'fake_friends' then 0
        else coalesce(ring.friend_count, attack.friend_count)
    end as scored_tie_count,
    case when attack.attack = 'bought_friends' then attack.friend_count else 0 end as good_count,
    attack.contact_months,
    case attack.attack
        when 'bought_friends' then attack.friend_count * attacker.high_ppm
        when 'sold_friendship' then attack.friend_count * attacker.low_ppm
        else coalesce(ring.clipped_ppm, 0)
    end as clipped_ppm
from attacker
cross join reference.attack as attack
left join ring
    on
        attack.attack = ring.attack
        and attacker.scorecard = ring.scorecard
        and attacker.person_key = ring.person_key
where
    attack.attack in ('fake_friends', 'bought_friends')
    or (attack.attack = 'sold_friendship' and attacker.attacker_no * 5 > attacker.attackers * 4)
    or ring.person_key is not null
