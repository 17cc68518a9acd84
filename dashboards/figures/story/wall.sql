/*
number = 40
title  = "Fear 4: a score for one thing opens another"
note   = "Who of the scored has each benefit. Without a wall the whole score decides; with it, what is known in the contexts that the benefit accepts. Full colour: harm-sensitive, where the card enforces it. A wall is no higher gate: where accepted points come easily, more people pass."
empty  = "The card has no benefit that refuses a context."
finding = """
select format(
    'Walls between contexts would take {} from {:,} people and give {} to {:,}, the most of all.',
    max_by(benefit, lost_count), max(lost_count), max_by(benefit, gained_count), max(gained_count)
) from figure"""
chart  = { kind = "bars", label = "benefit", values = ["open_share"], marked = "is_harm_sensitive", choice = "wall", said = "said" }

[columns]
wall              = { heading = "walls" }
benefit           = {}
accepts           = {}
open_share        = { heading = "have it", unit = "% of the scored", decimals = 1, times = 100 }
lost_count        = { heading = "lose it by a wall", unit = "people" }
gained_count      = { heading = "gain it", unit = "people" }
is_harm_sensitive = { heading = "harm-sensitive" }
said              = { heading = "in words" }
*/
with opened as (
    select
        context.* exclude (benefit),
        wall.wall,
        replace(context.benefit, '_', ' ') as benefit,
        if(wall.wall = 'off', context.open_without_wall_count, context.open_with_wall_count)
        / context.people as open_share
    from context
    cross join (values ('off'), ('on')) as wall (wall)
    where
        context.as_of_date = $as_of_date
        and context.scorecard_no = 1
        and context.attribute = 'everyone'
        and context.people > 0
)

select
    wall,
    benefit,
    accepts,
    open_share,
    lost_count,
    gained_count,
    is_harm_sensitive,
    format(
        'On average {:.0f} % of the scored have a harm-sensitive benefit, {:.0f} % another one.',
        100 * avg(open_share) filter (where is_harm_sensitive) over of_wall,
        100 * avg(open_share) filter (where not is_harm_sensitive) over of_wall
    ) as said
from opened
window of_wall as (partition by wall)
order by wall, benefit_no
