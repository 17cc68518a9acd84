-- The moves, and what share they are of those who were in the same band before.
select
    scorecard,
    scorecard_no,
    from_no,
    from_band,
    to_no,
    to_band,
    people,
    people / sum(people) over (partition by scorecard_no, from_no) as band_share
from band_moves
