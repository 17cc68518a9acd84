/*
number = 15
title  = "Who would have what behind a wall between contexts"
note   = "Each benefit accepts data of some contexts. Behind the wall they alone make the score that opens it, stretched to the same range. A wall is no higher gate: where accepted points come easily, it opens more than it closes. It decides where it is enforced; elsewhere this is what it would do."
empty  = "Every benefit accepts all contexts, or the snapshot was published before cards named any."
finding = """
select format(
    'A wall between contexts would change most about {}: {:,} people would lose it, {:,} would gain it.',
    max_by(benefit, moved), max_by(lost_count, moved), max_by(gained_count, moved)
) from (select *, lost_count + gained_count as moved from figure) having max(moved) > 0"""
chart  = { kind = "dots", label = "benefit", values = ["open_without_wall_count", "open_with_wall_count"] }

[columns]
benefit                 = {}
context                 = {}
accepts                 = {}
is_harm_sensitive       = { heading = "harm-sensitive" }
is_wall_enforced        = { heading = "enforced" }
open_without_wall_count = { heading = "open without", unit = "people" }
open_with_wall_count    = { heading = "open with", unit = "people" }
lost_count              = { heading = "lose it", unit = "people" }
gained_count            = { heading = "gain it", unit = "people" }
*/
select
    replace(benefit, '_', ' ') as benefit,
    replace(context, '_', ' ') as context,
    accepts,
    is_harm_sensitive,
    is_wall_enforced,
    open_without_wall_count,
    open_with_wall_count,
    lost_count,
    gained_count
from context
where scorecard_no = 1 and as_of_date = $as_of_date and attribute = 'everyone'
order by benefit_no
