-- How many people of two snapshots are in each bin of the subjects that both have. A feature's bins
-- are the points it earned, missing values separate; the score's are of 20 points, a factor's of a
-- tenth of what it can earn. Without outcomes everyone is counted as good.
with shared as (
    select later.*
    from people_after_subject as later
    semi join people_before_subject as earlier
        on
            later.scorecard = earlier.scorecard
            and later.subject_no = earlier.subject_no
            and later.subject_kind = earlier.subject_kind
            and later.subject = earlier.subject
),

side as (
    select
        earlier.*,
        earlier.good as before_count,
        0 as after_count
    from people_before as earlier
    union all
    select
        later.*,
        0 as before_count,
        later.good as after_count
    from people_after as later
),

binned as (
    select
        scorecard,
        subject_no,
        not is_missing as has_value,
        points,
        before_count,
        after_count,
        case subject_kind
            when 'score' then 20
            when 'factor' then greatest(1, max_points // 10)
            else 1
        end as width
    from side
)

select
    shared.scorecard,
    shared.scorecard_no,
    shared.subject_no,
    shared.subject_kind,
    shared.subject,
    binned.has_value,
    binned.points // binned.width * binned.width as points,
    cast(sum(binned.before_count) as bigint) as before_count,
    cast(sum(binned.after_count) as bigint) as after_count
from binned
inner join shared
    on binned.scorecard = shared.scorecard and binned.subject_no = shared.subject_no
group by all
