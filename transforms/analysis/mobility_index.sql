-- Of those who have a record in both snapshots: how many moved, up and down, and all moves.
with in_both as (
    select
        scorecard,
        scorecard_no,
        from_no,
        to_no,
        if(from_no >= 0 and to_no >= 0, people, 0) as people
    from band_moves
)

select
    scorecard,
    scorecard_no,
    sum(people) as people_in_both,
    coalesce(sum(people) filter (where from_no <> to_no), 0) as moved,
    coalesce(sum(people) filter (where 0 < from_no and from_no < to_no), 0) as up,
    coalesce(sum(people) filter (where 0 < to_no and to_no < from_no), 0) as down,
    list((from_no, to_no, people)) filter (where people > 0) as moves
from in_both
group by all
