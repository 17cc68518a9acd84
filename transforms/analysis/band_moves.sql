-- How many people went from one band of a scorecard to another; 0: not scored, -1: no record.
with shared as (
    select distinct
        earlier.scorecard,
        earlier.scorecard_no as earlier_no,
        later.scorecard_no as later_no
    from score_before as earlier
    inner join score_after as later on earlier.scorecard = later.scorecard
),

everyone as (
    select person_id from score_before
    union
    select person_id from score_after
),

banded as (
    select
        shared.scorecard,
        shared.later_no as scorecard_no,
        if(earlier.person_id is null, -1, coalesce(earlier.band_no, 0)) as from_no,
        if(earlier.person_id is null, 'no record', coalesce(earlier.band, 'not scored'))
            as from_band,
        if(later.person_id is null, -1, coalesce(later.band_no, 0)) as to_no,
        if(later.person_id is null, 'no record', coalesce(later.band, 'not scored')) as to_band
    from shared
    cross join everyone
    left join score_before as earlier
        on shared.earlier_no = earlier.scorecard_no and everyone.person_id = earlier.person_id
    left join score_after as later
        on shared.later_no = later.scorecard_no and everyone.person_id = later.person_id
)

select
    scorecard,
    scorecard_no,
    from_no,
    from_band,
    to_no,
    to_band,
    count(*) as people
from banded
group by all
