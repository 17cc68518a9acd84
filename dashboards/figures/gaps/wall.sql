/*
number = 45
title  = "Who is touched by a wall between contexts"
note   = "Shares of the scored of each group who have a harm-sensitive benefit, where the whole score opens it and where accepted contexts alone do. The farthest first."
empty  = "No harm-sensitive benefit leaves a context out, or the snapshot was published before cards named any."
finding = """
select format(
    'A wall would move {} most in {}: from {:.0f} % of the scored to {:.0f} %.',
    max_by(benefit, moved), max_by(group_name, moved),
    100 * max_by(without_wall, moved), 100 * max_by(with_wall, moved)
) from (select *, abs(with_wall - without_wall) as moved from figure) having count(*) > 0"""
chart  = { kind = "dots", label = "group_name", values = ["without_wall", "with_wall"], choice = "benefit", said = "said" }

[columns]
benefit      = {}
group_name   = { heading = "group" }
people       = { unit = "people" }
without_wall = { heading = "open without", unit = "% of the scored", decimals = 1, times = 100 }
with_wall    = { heading = "open with", unit = "% of the scored", decimals = 1, times = 100 }
lose         = { heading = "lose it", unit = "% of the scored", decimals = 1, times = 100 }
gain         = { heading = "gain it", unit = "% of the scored", decimals = 1, times = 100 }
said         = { heading = "in words" }
*/
with opened as (
    select
        benefit_no,
        replace(benefit, '_', ' ') as benefit,
        replace(attribute, '_', ' ') || ': ' || group_name as group_name,
        accepts,
        people,
        open_without_wall_count / people as without_wall,
        open_with_wall_count / people as with_wall,
        lost_count / people as lose,
        gained_count / people as gain
    from context
    where
        scorecard_no = 1
        and as_of_date = $as_of_date
        and is_harm_sensitive
        and attribute <> 'everyone'
)

select
    benefit,
    group_name,
    people,
    without_wall,
    with_wall,
    lose,
    gain,
    format('{} accepts what is known of {}.', benefit, accepts) as said
from opened
order by benefit_no asc, abs(with_wall - without_wall) desc, group_name asc
